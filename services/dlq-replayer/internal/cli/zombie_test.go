package cli_test

import (
	"os/exec"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/cli"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

// freezer stops a process with SIGSTOP at the moment when the broker gets a
// certain request of it.
type freezer struct {
	pid     atomic.Int64
	stopped chan struct{}
}

func (s shell) freezeAt(f kfake.Fault) *freezer {
	z := &freezer{stopped: make(chan struct{})}
	f.Observe = f.Err == nil
	f.When = func(kmsg.Request) bool {
		pid := z.pid.Swap(0)
		if pid == 0 {
			return false
		}
		if err := syscall.Kill(int(pid), syscall.SIGSTOP); err != nil {
			s.Error(err)
		}
		close(z.stopped)
		return true
	}
	s.Cluster.Fault(f)
	return z
}

// TestAZombieWritesNothingAfterAnotherTookOver: a process is stopped with the lock
// in its hands, for longer than its session, and wakes when another process has
// done the work.
func TestAZombieWritesNothingAfterAnotherTookOver(t *testing.T) {
	const letters = 100
	first := []string{"replay", "--channel", "sms", "--yes", "--reason", "repaired"}
	resume := []string{"replay", "--resume", "last", "--yes", "--reason", "its process hangs"}
	for name, c := range map[string]struct {
		at      kfake.Fault
		another []string
		// code is how the zombie ends.
		code int
	}{
		// It reads the dead letters when it wakes, and finds that all are sent.
		"with the lock": {kfake.Fault{Keys: []kmsg.Key{kmsg.InitProducerID}, TxnID: replay.Group, TopLevel: true}, first, cli.ExitOK},
		"before its first transaction": {
			kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: topics.Resolutions, Err: kerr.NotLeaderForPartition}, first, cli.ExitFailed,
		},
		"within a transaction": {
			kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "appointments.created.replay.sms"}, resume, cli.ExitFailed,
		},
		"at the end of a transaction": {
			kfake.Fault{Keys: []kmsg.Key{kmsg.EndTxn}, TxnID: replay.Group, TopLevel: true}, resume, cli.ExitFailed,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShell(t)
			s.Fill(letters)
			w := s.Work(replaytest.Accept)
			z := s.freezeAt(c.at)
			zombie, lines := s.start(program(t), "replay", "--channel", "sms", "--yes", "--reason", "repaired", "--rate", "1000")
			z.pid.Store(int64(zombie.Process.Pid))
			<-z.stopped
			s.run(cli.ExitOK, append(c.another, "--rate", "1000")...)
			s.wake(zombie)
			for lines.Scan() {
			}
			if err := zombie.Wait(); zombie.ProcessState.ExitCode() != c.code {
				t.Errorf("the zombie ended with %v", err)
			}
			if sent, repeated := w.Sent(); sent != letters || repeated != 0 {
				t.Errorf("sent %d, repeated %d", sent, repeated)
			}
			if n := len(s.Read(s.Config.Topics.ReplayFor(domain.SMS))); n != letters {
				t.Errorf("%d replays of %d dead letters", n, letters)
			}
			if out, _ := s.run(cli.ExitOK, "jobs", "-o", "json"); !oneDoneJob(t, out, letters) {
				t.Error(out)
			}
		})
	}
}

func (s shell) wake(p *exec.Cmd) {
	s.Helper()
	if err := p.Process.Signal(syscall.SIGCONT); err != nil {
		s.Fatal(err)
	}
}

func oneDoneJob(t *testing.T, out string, letters int) bool {
	t.Helper()
	var jobs []replay.Job
	decode(t, out, &jobs)
	return len(jobs) == 1 && jobs[0].State == replay.StateDone && jobs[0].Counts.Sent == letters
}
