// Package secure tests deploy/compose.secure.yml on a real Kafka: the broker in a
// container as Compose makes it, and the programs as processes with the settings
// that Compose gives their containers.
package secure

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

const projectPrefix = "securetest-"

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run skips the tests on a developer's machine without Docker Compose and fails
// them everywhere else.
func run(m *testing.M) int {
	out, err := exec.Command("docker", "compose", "version").CombinedOutput()
	if err == nil {
		harness.RemoveOrphans(projectPrefix)
		return m.Run()
	}
	fmt.Fprintf(os.Stderr, "NOT TESTED: deploy/compose.secure.yml; there is no Docker Compose (`make testenv` sets it up):\n%s\n", out)
	switch os.Getenv("CI") {
	case "", "0", "false":
		return 0
	}
	return 1
}

// stack is the secured system: Kafka runs, the other services are known.
type stack struct {
	*testing.T
	tree, project, kafka string
	services             map[string]service
	binaries             *harness.Binaries
}

type service struct {
	Environment map[string]string
	Command     []string
	Secrets     []struct{ Source, Target string }
}

func newStack(t *testing.T) *stack {
	t.Helper()
	s := &stack{T: t, tree: t.TempDir(), project: projectPrefix + strconv.Itoa(os.Getpid()), kafka: freePort(t), binaries: harness.NewBinaries(t.TempDir())}
	root := harness.Root(t)
	for _, path := range []string{"docker-compose.yml", "deploy/compose.secure.yml", "deploy/kafka.env", "deploy/secure/make", "deploy/env", "deploy/sandbox.env"} {
		copyInto(t, filepath.Join(root, path), filepath.Join(s.tree, path))
	}
	s.make()
	t.Cleanup(func() {
		if t.Failed() {
			out, _ := s.command("logs", "--no-color", "--tail", "40").CombinedOutput()
			t.Logf("%s", out)
		}
		if out, err := s.command("down", "-v", "-t", "1").CombinedOutput(); err != nil {
			t.Errorf("docker compose down: %v\n%s", err, out)
		}
	})
	if out, err := s.command("up", "-d", "--wait", "kafka").CombinedOutput(); err != nil {
		t.Fatalf("docker compose up: %v\n%s", err, out)
	}
	out, err := s.command("--profile", "*", "config", "--format", "json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var project struct{ Services map[string]service }
	if err := json.Unmarshal(out, &project); err != nil {
		t.Fatal(err)
	}
	s.services = project.Services
	return s
}

// copyInto copies a file or a folder.
func copyInto(t *testing.T, from, to string) {
	t.Helper()
	info, err := os.Stat(from)
	if err == nil && info.IsDir() {
		err = os.CopyFS(to, os.DirFS(from))
	} else if err == nil {
		var content []byte
		content, err = os.ReadFile(from)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(to), 0o755)
		}
		if err == nil {
			err = os.WriteFile(to, content, info.Mode())
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// make runs the script that makes what is missing of certificates and passwords.
func (s *stack) make() {
	s.Helper()
	if out, err := exec.Command(filepath.Join(s.tree, "deploy/secure/make")).CombinedOutput(); err != nil {
		s.Fatalf("deploy/secure/make: %v\n%s", err, out)
	}
}

func (s *stack) command(args ...string) *exec.Cmd {
	cmd := exec.Command("docker", append([]string{"compose", "-p", s.project, "-f", "docker-compose.yml", "-f", "deploy/compose.secure.yml"}, args...)...)
	_, port, _ := net.SplitHostPort(s.kafka)
	cmd.Dir, cmd.Env = s.tree, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "DOCKER_HOST=" + os.Getenv("DOCKER_HOST"), "KAFKA_PORT=" + port}
	return cmd
}

func (s *stack) secret(name string) string {
	return filepath.Join(s.tree, "deploy/secrets/secure", name)
}

func (s *stack) read(name string) string {
	s.Helper()
	content, err := os.ReadFile(s.secret(name))
	if err != nil {
		s.Fatal(err)
	}
	return strings.TrimSpace(string(content))
}

// environment is what the service's container gets, with this machine's ways to
// the broker and to the secrets. The folder is where its secrets lie.
func (s *stack) environment(name string) (env map[string]string, folder string) {
	s.Helper()
	folder, env = s.TempDir(), map[string]string{}
	for _, secret := range s.services[name].Secrets {
		target := secret.Target
		if target == "" {
			target = secret.Source
		}
		copyInto(s.T, s.secret(secret.Source), filepath.Join(folder, filepath.Base(target)))
	}
	for variable, value := range s.services[name].Environment {
		env[variable] = strings.ReplaceAll(value, "/run/secrets", folder)
	}
	env["KAFKA_BOOTSTRAP_SERVERS"], env["HEALTH_ADDR"], env["MESSAGES_DIR"] = s.kafka, "127.0.0.1:0", ""
	return env, folder
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}
