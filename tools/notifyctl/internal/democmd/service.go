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
func buildService(ctx context.Context, dir, name string) (string, error) {
	path := filepath.Join(dir, name)
	cmd := exec.CommandContext(ctx, "go", "build", "-o", path, "./services/"+name)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s (run the demo from the root of the repository): %w\n%s", name, err, out)
	}
	return path, nil
}

// service is one program that is started again whenever it ends, as a
// container's restart policy would.
type service struct {
	name, path string
	env        []string
	log        io.Writer

	mu      sync.Mutex
	cmd     *exec.Cmd
	stopped bool
	ended   chan struct{}
}

func newService(name, path string, settings map[string]string, log io.Writer) *service {
	// The demo's settings only: whatever else is set on this machine is meant
	// for a real system.
	var env []string
	for _, keep := range []string{"PATH", "HOME", "TMPDIR"} {
		if value, ok := config.Process()[keep]; ok {
			env = append(env, keep+"="+value)
		}
	}
	for name, value := range settings {
		env = append(env, name+"="+value)
	}
	return &service{name: name, path: path, env: env, log: log}
}

func (s *service) start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return nil
	}
	cmd := exec.Command(s.path) //nolint:noctx // it outlives the caller and is ended by stop
	cmd.Env, cmd.Stdout, cmd.Stderr = s.env, s.log, s.log
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", s.name, err)
	}
	s.cmd, s.ended = cmd, make(chan struct{})
	go s.watch(cmd, s.ended)
	return nil
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

// workerSettings are the settings of the demo's e-mail worker.
func (d *demo) workerSettings() map[string]string {
	return map[string]string{
		"KAFKA_BOOTSTRAP_SERVERS": d.cluster.ListenAddrs()[0],
		"MAILGUN_API_KEY":         "demo-key", "MAILGUN_DOMAIN": "mg.clinic.example",
		"MAILGUN_FROM_EMAIL":   "Clinic Example <appointments@mg.clinic.example>",
		"MAILGUN_API_BASE_URL": d.url(), "MAILGUN_TIMEOUT_SECONDS": "3",
		// Times that suit a provider on the same machine.
		"RECONCILE_SETTLE_SECONDS": "1", "RECONCILE_VISIBILITY_SECONDS": "1",
		"KAFKA_SESSION_TIMEOUT_SECONDS": "6", "KAFKA_GROUP_INSTANCE_ID": "demo-email-worker",
		"BRAND_NAME": "Clinic Example", "HEALTH_ADDR": d.health, "LOG_FORMAT": "console",
	}
}

// log returns where a service's log goes.
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
