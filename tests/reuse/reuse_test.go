// Package reuse tests that libs can be taken into another program by Git tag.
package reuse

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	origin = "https://github.com/kafka-notifications/kafka-notifications"
	module = "github.com/kafka-notifications/kafka-notifications/libs"
)

// TestAnOutsideModuleTakesLibsByTag publishes libs in a real Git repository,
// tags it as a release is tagged, and lets a module that knows nothing of this
// workspace fetch and use it.
func TestAnOutsideModuleTakesLibsByTag(t *testing.T) {
	repository := publish(t, "libs/v0.1.0")
	outside := t.TempDir()
	if err := os.CopyFS(outside, os.DirFS("testdata/outside")); err != nil {
		t.Fatal(err)
	}
	env := environment(t, repository)
	run(t, outside, env, "go", "mod", "init", "example.com/outside")
	run(t, outside, env, "go", "get", module+"@v0.1.0")
	run(t, outside, env, "go", "mod", "tidy")
	got := run(t, outside, env, "go", "run", ".")
	want := "a-1 sent  true\na-1 skipped already_sent true\ndead letter: recipient_rejected outbox.no_such_box\nrefused dead_lettered  false\n"
	if got != want {
		t.Errorf("it prints\n%swant\n%s", got, want)
	}
	// The rules do not bring Kafka, HTTP clients or a framework along.
	for _, pkg := range strings.Fields(run(t, outside, env, "go", "list", "-deps", ".")) {
		for _, heavy := range []string{"net/http", "github.com/twmb/franz-go", "go.uber.org/fx", "go.uber.org/zap"} {
			if pkg == heavy || strings.HasPrefix(pkg, heavy+"/") {
				t.Errorf("it also takes %s", pkg)
			}
		}
	}
}

// publish makes a repository of the folder libs as it is now and tags it.
func publish(t *testing.T, tag string) (repository string) {
	t.Helper()
	repository = t.TempDir()
	libs, err := filepath.Abs("../../libs")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(repository, "libs"), os.DirFS(libs)); err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@clinic.example", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@clinic.example")
	run(t, repository, env, "git", "init", "-q")
	run(t, repository, env, "git", "add", ".")
	run(t, repository, env, "git", "commit", "-q", "-m", "Release")
	run(t, repository, env, "git", "tag", tag)
	return repository
}

// environment lets go find the repository where its path says, everything else
// in this machine's module cache, and keeps the result out of that cache.
func environment(t *testing.T, repository string) []string {
	t.Helper()
	cache := strings.TrimSpace(run(t, ".", os.Environ(), "go", "env", "GOMODCACHE"))
	proxy := strings.TrimSpace(run(t, ".", os.Environ(), "go", "env", "GOPROXY"))
	return append(os.Environ(),
		"GOWORK=off", "GOFLAGS=-modcacherw", "GOMODCACHE="+t.TempDir(), "GOPRIVATE="+module, "GOSUMDB=off",
		"GOPROXY=file://"+filepath.Join(cache, "cache", "download")+","+proxy,
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=url."+"file://"+repository+".insteadOf", "GIT_CONFIG_VALUE_0="+origin,
	)
}

func run(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = dir, env
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, &stderr)
	}
	return string(out)
}
