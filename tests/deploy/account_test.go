package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
)

// TestAnAccountInDotEnvIsUsed goes the way of a new user: copy .env.example,
// fill in the account, bring the system up, publish. What stands in for Mailgun
// takes this account only.
func TestAnAccountInDotEnvIsUsed(t *testing.T) {
	s := newStack(t)
	s.tree = filepath.Join(t.TempDir(), "clone")
	if err := os.CopyFS(s.tree, os.DirFS(tree)); err != nil {
		t.Fatal(err)
	}
	s.fillIn(map[string]string{
		"MAILGUN_API_KEY": "key-of-the-account", "MAILGUN_DOMAIN": "mg.clinic.example",
		"MAILGUN_FROM_EMAIL":   `"Clinic <appointments@mg.clinic.example>"`,
		"MAILGUN_API_BASE_URL": "http://mailgun:8025",
	})
	plain := func(args ...string) string {
		t.Helper()
		r := s.tryWith(nil, args...)
		if r.err != nil {
			t.Fatalf("docker compose %v: %v\n%s", args, r.err, r.output)
		}
		return r.output
	}
	plain("up", "-d", "--wait", "kafka") // makes the network
	s.standIn("mailgun", "-mailgun-key", "key-of-the-account", "-mailgun-domain", "mg.clinic.example")
	plain("up", "-d", "--wait", "--wait-timeout", "120")
	if out := plain("run", "--rm", "notifyctl", "doctor"); strings.Contains(out, "FAIL") || !strings.Contains(out, "Mailgun knows the account") {
		t.Errorf("doctor says\n%s", out)
	}
	plain("run", "--rm", "notifyctl", "publish", "--email", "mara.lind@patients.example", "--id", "a-1")
	harness.Await(t, 30*time.Second, "the e-mail is accepted", func() bool {
		return s.accepted(sandbox.Email)["mara.lind@patients.example"] == 1
	})
	// The waits are those for the real Mailgun, not the sandbox's short ones.
	if out := plain("config"); strings.Contains(out, `RECONCILE_SETTLE_SECONDS: "1"`) {
		t.Error("the sandbox's settings are used")
	}
}

// fillIn writes .env as a person would: a copy of .env.example with some lines
// filled in.
func (s *stack) fillIn(values map[string]string) {
	s.Helper()
	example, err := os.ReadFile(filepath.Join(s.tree, ".env.example"))
	if err != nil {
		s.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(example)) {
		name, _, _ := strings.Cut(line, "=")
		if value, given := values[name]; given {
			line = name + "=" + value + "\n"
			delete(values, name)
		}
		lines = append(lines, line)
	}
	if len(values) > 0 {
		s.Fatalf("not in .env.example: %v", values)
	}
	if err := os.WriteFile(filepath.Join(s.tree, ".env"), []byte(strings.Join(lines, "")), 0o600); err != nil {
		s.Fatal(err)
	}
}

// standIn runs a stand-in for a provider under a host name of the project's
// network.
func (s *stack) standIn(host string, args ...string) {
	s.Helper()
	name := s.project + "-provider"
	_, port, _ := strings.Cut(strings.TrimPrefix(s.inbox, "http://"), ":")
	run := exec.Command("docker", append([]string{
		"run", "-d", "--name", name, "--network", s.project + "_default", "--network-alias", host,
		"--tmpfs", "/tmp:mode=1777", "-p", "127.0.0.1:" + port + ":8025", image("sandbox"), "-addr", "0.0.0.0:8025",
	}, args...)...)
	if out, err := run.CombinedOutput(); err != nil {
		s.Fatalf("%v: %s", err, out)
	}
	s.Cleanup(func() { _ = exec.Command("docker", "rm", "-f", name).Run() })
}
