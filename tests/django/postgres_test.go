package django

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// server is a PostgreSQL of a test's own, which listens on a socket in its
// folder only.
type server struct {
	t       testing.TB
	folder  string
	command func(name string, args ...string) *exec.Cmd
	running *exec.Cmd
}

// postgres starts a server and returns libpq's variables for it.
func postgres(t testing.TB) map[string]string {
	t.Helper()
	return startPostgres(t).settings()
}

func startPostgres(t testing.TB) *server {
	t.Helper()
	// Not t.TempDir: the name of a socket has at most 107 bytes.
	folder, err := os.MkdirTemp("", "postgres") //nolint:usetesting // See above.
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	s := &server{t: t, folder: folder, command: asPostgres(t, folder)}
	if out, err := s.command("initdb", "-D", s.data(), "-A", "trust", "-U", "postgres", "--no-sync").CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *server) data() string { return filepath.Join(s.folder, "data") }

func (s *server) settings() map[string]string {
	return map[string]string{"TEST_DATABASE": "postgres", "PGHOST": s.folder, "PGUSER": "postgres"}
}

func (s *server) start() {
	s.t.Helper()
	// Nothing here pulls the machine's plug, so that nothing needs to wait for the disk.
	s.running = s.command("postgres", "-D", s.data(), "-k", s.folder, "-c", "listen_addresses=", "-c", "fsync=off")
	if err := s.running.Start(); err != nil {
		s.t.Fatal(err)
	}
	harness.Await(s.t, time.Minute, "PostgreSQL is ready", func() bool {
		return s.command("pg_isready", "-q", "-h", s.folder).Run() == nil
	})
}

// stop ends the server at once: its clients' connections break.
func (s *server) stop() {
	_ = s.running.Process.Signal(syscall.SIGINT)
	_ = s.running.Wait()
}

// asPostgres returns what makes a command of PostgreSQL's own: the server
// refuses to be root, so that root runs it as Debian's user.
func asPostgres(t testing.TB, folder string) func(name string, args ...string) *exec.Cmd {
	t.Helper()
	var attributes *syscall.SysProcAttr
	if os.Geteuid() == 0 {
		owner, err := user.Lookup("postgres")
		if err != nil {
			t.Fatalf("run tools/testenv/django: %v", err)
		}
		uid, gid := number(t, owner.Uid), number(t, owner.Gid)
		if err := os.Chown(folder, uid, gid); err != nil {
			t.Fatal(err)
		}
		attributes = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	}
	return func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(program(t, name), args...)
		cmd.Dir, cmd.SysProcAttr = folder, attributes
		return cmd
	}
}

// program finds a server program: Debian keeps them off the path, one folder
// for each version.
func program(t testing.TB, name string) string {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err == nil && len(found) > 0 {
		return found[len(found)-1]
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("run tools/testenv/django: %v", err)
	}
	return path
}

func number(t testing.TB, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
