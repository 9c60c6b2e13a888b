package democmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

// freeAddress returns preferred, or another loopback address when it is in use.
func freeAddress(ctx context.Context, preferred string) (string, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", preferred)
	if err != nil {
		if listener, err = config.Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
			return "", fmt.Errorf("find a free port: %w", err)
		}
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String(), nil
}

// buildService builds a service of this repository into dir.
func buildService(ctx context.Context, dir, name string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(dir, name), "./services/"+name)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s (run the demo from the root of the repository): %w\n%s", name, err, out)
	}
	return nil
}

// service is one program that is restarted whenever it ends, as a container's restart
// policy would do.
type service struct {
	name, path string
	// health is its health address, console that of the replayer's console.
	health, console string
	args            []string
	env             []string
	log             io.Writer

	mu      sync.Mutex
	cmd     *exec.Cmd
	stopped bool
	ended   chan struct{}
}

func (d *demo) newService(ctx context.Context, name, address string) (*service, error) {
	health, err := freeAddress(ctx, address)
	if err != nil {
		return nil, err
	}
	s := &service{name: name, path: filepath.Join(d.dir, name), health: health, log: d.log(name)}
	if name == "dlq-replayer" {
		s.args = []string{"serve"}
		if s.console, err = freeAddress(ctx, "127.0.0.1:8090"); err != nil {
			return nil, err
		}
	}
	// Only the demo's settings: other variables on this machine may be meant for a real
	// system.
	process := config.Process()
	for _, keep := range []string{"PATH", "HOME", "TMPDIR"} {
		if value, ok := process[keep]; ok {
			s.env = append(s.env, keep+"="+value)
		}
	}
	for setting, value := range d.settings(name) {
		s.env = append(s.env, setting+"="+value)
	}
	s.env = append(s.env, "HEALTH_ADDR="+health)
	if s.console != "" {
		s.env = append(s.env, "CONSOLE_ADDR="+s.console)
	}
	return s, nil
}

func (s *service) start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return nil
	}
	cmd := exec.Command(s.path, s.args...) //nolint:noctx // it outlives the caller and stop ends it
	cmd.Env, cmd.Stdout, cmd.Stderr = s.env, s.log, s.log
	endWithParent(cmd)
	started, ended := make(chan error), make(chan struct{})
	go s.run(cmd, started, ended)
	if err := <-started; err != nil {
		return fmt.Errorf("start %s: %w", s.name, err)
	}
	s.cmd, s.ended = cmd, ended
	return nil
}

// run starts the program and waits for its end. Both happen in one thread that lives as
// long as the program, because the system counts the program as an orphan when the
// thread that started it ends.
func (s *service) run(cmd *exec.Cmd, started chan<- error, ended chan struct{}) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := cmd.Start()
	started <- err
	if err == nil {
		s.watch(cmd, ended)
	}
}

// restartPause is how long a service that ended stays down.
const restartPause = time.Second

func (s *service) watch(cmd *exec.Cmd, ended chan struct{}) {
	_ = cmd.Wait()
	close(ended)
	s.mu.Lock()
	stopped := s.stopped
	s.mu.Unlock()
	if stopped {
		return
	}
	time.Sleep(restartPause)
	if err := s.start(); err != nil {
		_, _ = fmt.Fprintln(s.log, err)
	}
}

// kill ends the program as kill -9 does; it is started again.
func (s *service) kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

// set changes a setting and restarts the program with it.
func (s *service) set(setting, value string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.env = slices.DeleteFunc(slices.Clone(s.env), func(e string) bool { return strings.HasPrefix(e, setting+"=") })
	s.env = append(s.env, setting+"="+value)
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

// stop ends the program for good, with SIGTERM and in the end with SIGKILL.
func (s *service) stop() {
	s.mu.Lock()
	s.stopped = true
	cmd, ended := s.cmd, s.ended
	s.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		_ = cmd.Process.Kill()
		<-ended
	}
}

// settings returns the settings of the demo's services; each service reads its own.
func (d *demo) settings(service string) map[string]string {
	return map[string]string{
		"KAFKA_BOOTSTRAP_SERVERS": d.cluster.ListenAddrs()[0],
		"MAILGUN_API_KEY":         "demo-key", "MAILGUN_DOMAIN": "mg.clinic.example",
		"MAILGUN_FROM_EMAIL":   "Clinic Example <appointments@mg.clinic.example>",
		"MAILGUN_API_BASE_URL": d.url(), "MAILGUN_TIMEOUT_SECONDS": "3",
		"SMS_WORKER_ENABLED": strconv.FormatBool(d.sms.Load()),
		"TWILIO_ACCOUNT_SID": "AC" + strings.Repeat("0", 32), "TWILIO_AUTH_TOKEN": strings.Repeat("1", 32),
		"TWILIO_FROM_PHONE": "+15550100000", "TWILIO_API_BASE_URL": d.url(), "TWILIO_TIMEOUT_SECONDS": "3",
		"TWILIO_RATE_PER_SECOND": "0",
		// Times that suit a provider on the same machine.
		"RECONCILE_SETTLE_SECONDS": "1", "RECONCILE_VISIBILITY_SECONDS": "1", "RECEIPTS_POLL_SECONDS": "1",
		"KAFKA_SESSION_TIMEOUT_SECONDS": "6", "KAFKA_GROUP_INSTANCE_ID": "demo-" + service,
		"BRAND_NAME": "Clinic Example", "LOG_FORMAT": "console",
	}
}

// log returns the writer of a service's log.
func (d *demo) log(name string) io.Writer {
	if d.cmd.Logs {
		return d.out
	}
	file, err := os.Create(filepath.Join(d.dir, name+".log"))
	if err != nil {
		return d.out
	}
	return file
}
