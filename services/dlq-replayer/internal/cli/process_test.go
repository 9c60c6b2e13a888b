package cli_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/cli"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

// binary is the real program, built by the first test that needs it.
var binary struct {
	once sync.Once
	dir  string
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	_ = os.RemoveAll(binary.dir)
	os.Exit(code)
}

// program returns the path of the real program.
func program(t *testing.T) string {
	t.Helper()
	binary.once.Do(build)
	if binary.err != nil {
		t.Fatal(binary.err)
	}
	return filepath.Join(binary.dir, "dlq-replayer")
}

func build() {
	if binary.dir, binary.err = os.MkdirTemp("", "dlq-replayer"); binary.err != nil {
		return
	}
	if out, err := exec.Command("go", "build", "-o", binary.dir, "../..").CombinedOutput(); err != nil {
		binary.err = fmt.Errorf("%w\n%s", err, out)
	}
}

// start starts the binary and returns it with its standard output.
func (s shell) start(path string, args ...string) (*exec.Cmd, *bufio.Scanner) {
	s.Helper()
	command := exec.CommandContext(s.Context(), path, args...)
	command.Env = []string{"HOME=" + s.TempDir()}
	for name, value := range s.env {
		command.Env = append(command.Env, name+"="+value)
	}
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		s.Fatal(err)
	}
	if err := command.Start(); err != nil {
		s.Fatal(err)
	}
	return command, bufio.NewScanner(out)
}

func TestAJobSurvivesKill9EachRecordOnce(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	const letters = 600
	s.Fill(letters)
	w := s.Work(replaytest.Accept)
	path := program(t)
	args := []string{"replay", "--channel", "sms", "--yes", "--reason", "repaired", "--rate", "400"}
	for range 2 {
		command, lines := s.start(path, args...)
		for n := 0; n < 100 && lines.Scan(); {
			if strings.Contains(lines.Text(), `"outcome"`) {
				n++
			}
		}
		if err := command.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = command.Wait() // Killed: there is no other way for it to end.
		args = []string{"replay", "--resume", "last", "--yes", "--reason", "its process was killed"}
	}
	s.run(cli.ExitOK, args...)
	if sent, repeated := w.Sent(); sent != letters || repeated != 0 {
		t.Errorf("sent %d of %d, repeated %d", sent, letters, repeated)
	}
	if n := len(s.Read(s.Config.Topics.ReplayFor(domain.SMS))); n != letters {
		t.Errorf("%d replays of %d dead letters", n, letters)
	}
	_, book, err := s.Config.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if job := book.Jobs()[0]; job.Total != letters || job.Counts.Sent != letters || job.State != replay.StateDone {
		t.Errorf("job: %+v", job)
	}
}

func TestAnInterruptCancelsTheJobInOrder(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.Fill(500)
	s.Work(replaytest.Accept)
	command, lines := s.start(program(t), "replay", "--channel", "sms", "--yes", "--reason", "repaired", "--rate", "100")
	for lines.Scan() && !strings.Contains(lines.Text(), `"outcome"`) {
	}
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
	}
	if err := command.Wait(); command.ProcessState.ExitCode() != cli.ExitFailed {
		t.Errorf("%v", err)
	}
	_, book, err := s.Config.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if job := book.Jobs()[0]; job.State != replay.StateCancelled || job.Counts.Replayed == 0 || job.Counts.Replayed == 500 {
		t.Errorf("job: %+v", job)
	}
}

func TestTheServerTellsHowManyWaitAndTakesJobsOn(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.Fill(3)
	s.Produce(envelope.Record(s.Config.Topics.DLQ, replaytest.Letter(3, domain.Email, domain.ClassUnknownOutcome), "workers"))
	s.Work(replaytest.Accept)
	s.env["HEALTH_ADDR"], s.env["CONSOLE_ADDR"] = freeAddress(t), "127.0.0.1:0"
	path := program(t)
	s.run(cli.ExitFailed, "healthcheck")
	server, _ := s.start(path, "serve")
	s.await(func() bool { return s.get("/readyz") != "" })
	s.run(cli.ExitOK, "healthcheck")
	metrics := s.get("/metrics")
	for _, want := range []string{
		`notifications_dlq_depth{channel="sms",class="recipient_rejected"} 3`,
		`notifications_dlq_depth{channel="email",class="unknown_outcome"} 1`,
		`notifications_dlq_oldest_age_seconds{channel="sms",class="recipient_rejected"}`,
		`notifications_dlq_dead_letters{status="open"} 4`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("%s is not in\n%s", want, metrics)
		}
	}
	s.run(cli.ExitOK, "replay", "--channel", "sms", "--yes", "--reason", "repaired", "--no-wait")
	s.await(func() bool {
		return strings.Contains(s.get("/metrics"), `notifications_dlq_dead_letters{status="sent"} 3`)
	})
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := server.Wait(); err != nil {
		t.Errorf("the server ended with %v", err)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// get returns what the server answers with 200, else nothing.
func (s shell) get(path string) string {
	request, err := http.NewRequestWithContext(s.Context(), http.MethodGet, fmt.Sprintf("http://%s%s", s.env["HEALTH_ADDR"], path), nil)
	if err != nil {
		s.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return ""
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		return ""
	}
	return string(body)
}

// await waits until condition holds.
func (s shell) await(condition func() bool) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
	defer cancel()
	for !condition() {
		select {
		case <-ctx.Done():
			s.Fatal("it did not happen within a minute")
		case <-time.After(50 * time.Millisecond):
		}
	}
}
