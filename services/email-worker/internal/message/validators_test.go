package message_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/message"
)

var validators = filepath.Join("testdata", "validators")

// needed runs a command that makes what a test needs. Where it cannot be had the
// test is skipped, except in CI.
func needed(t *testing.T, folder, name string, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, args...)
	command.Dir = folder
	said, err := command.CombinedOutput()
	if err == nil {
		return
	}
	switch os.Getenv("CI") {
	case "", "0", "false":
		t.Skipf("%s: %v\n%s", name, err, said)
	}
	t.Fatalf("%s: %v\n%s", name, err, said)
}

// ask gives values to a program as JSON and reads its answer.
func ask(t *testing.T, program *exec.Cmd, asked, answer any) {
	t.Helper()
	raw, err := json.Marshal(asked)
	if err != nil {
		t.Fatal(err)
	}
	program.Stdin, program.Stderr = bytes.NewReader(raw), os.Stderr
	said, err := program.Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(said, answer); err != nil {
		t.Fatal(err)
	}
}

// Two know HTML, the rules of documents and those of parsing; the third what mail
// programs can show and people can read. All of them know more than Go's library.
func TestValidatorsAcceptEveryPage(t *testing.T) {
	var pages, names []string
	everyEmail(t, func(tag string, status domain.AppointmentStatus, e message.Email) {
		pages, names = append(pages, e.HTML), append(names, tag+" "+string(status))
	})
	// A validator that accepts this accepts everything.
	pages, names = append(pages, `<!DOCTYPE html><html><p></b><img src="x"><video src="x"></video>`), append(names, "wrong")
	folder := t.TempDir()
	for name, validator := range map[string]func(*testing.T) *exec.Cmd{
		"html-validate":     func(t *testing.T) *exec.Cmd { return byNode(t, folder, "pages.mjs") },
		"caniemail and axe": func(t *testing.T) *exec.Cmd { return byNode(t, folder, "mail.mjs") },
		"html5lib":          byPython,
	} {
		t.Run(name, func(t *testing.T) {
			var verdicts [][]string
			ask(t, validator(t), pages, &verdicts)
			if len(verdicts) != len(pages) {
				t.Fatalf("%d verdicts for %d pages", len(verdicts), len(pages))
			}
			for i, verdict := range verdicts {
				if wrong := names[i] == "wrong"; wrong == (len(verdict) == 0) {
					t.Errorf("%s: %q", names[i], verdict)
				}
			}
		})
	}
}

// byNode returns a program on Node, whose packages are installed into folder once.
func byNode(t *testing.T, folder, program string) *exec.Cmd {
	t.Helper()
	for _, name := range []string{"package.json", "package-lock.json", program} {
		content, err := os.ReadFile(filepath.Join(validators, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(filepath.Join(folder, "node_modules")); err != nil {
		needed(t, folder, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")
	}
	node := exec.CommandContext(t.Context(), "node", program)
	node.Dir = folder
	return node
}

func byPython(t *testing.T) *exec.Cmd {
	t.Helper()
	folder := t.TempDir()
	needed(t, "", "python3", "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps", "--only-binary=:all:",
		"--target", folder, "--requirement", filepath.Join(validators, "requirements.txt"))
	python := exec.CommandContext(t.Context(), "python3", filepath.Join(validators, "pages.py"))
	python.Env = append(os.Environ(), "PYTHONPATH="+folder)
	return python
}
