package harness

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Binaries are the programs under test, built once per test process.
type Binaries struct {
	dir string

	mu    sync.Mutex
	built map[string]error
}

// NewBinaries returns binaries that are built below dir, which the caller
// removes.
func NewBinaries(dir string) *Binaries {
	return &Binaries{dir: dir, built: map[string]error{}}
}

// Path builds the main package at pkg, a path from the root of the repository
// such as "services/email-worker", and returns the program's path.
func (b *Binaries) Path(t testing.TB, pkg string) string {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	path := filepath.Join(b.dir, filepath.Base(pkg))
	err, done := b.built[pkg]
	if !done {
		err = build(filepath.Join(Root(t), pkg), path)
		b.built[pkg] = err
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func build(dir, path string) error {
	cmd := exec.Command("go", "build", "-o", path, ".")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", dir, err, out)
	}
	return nil
}

// Root returns the root of the repository: the folder of go.work.
func Root(t testing.TB) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOWORK").Output()
	if err != nil {
		t.Fatal(err)
	}
	work := strings.TrimSpace(string(out))
	if work == "" {
		t.Fatal("these tests run in the workspace: unset GOWORK=off")
	}
	return filepath.Dir(work)
}

// environment is what a program under test gets: the machine's own variables
// that Go and the system need, and nothing that could be a setting of ours.
func environment(settings map[string]string) []string {
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TMPDIR=" + os.TempDir()}
	for name, value := range settings {
		env = append(env, name+"="+value)
	}
	return env
}
