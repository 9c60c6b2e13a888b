package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// tags builds the tests as `make test` does.
const tags = "synctests"

// testLimit bounds one run of a test. One that hangs because of the fault has
// failed.
const testLimit = 3 * time.Minute

// verdict is the result of a mutant.
type verdict string

const (
	// killed: the named test failed, as it should.
	killed verdict = "killed"
	// survived: the test did not notice the fault.
	survived verdict = "survived"
	// broken: the edit does not apply, does not compile, or names a test that does not
	// exist or fails without it. Such a mutant proves nothing.
	broken verdict = "broken"
)

// result is a mutant with its verdict. output shows why it was not killed.
type result struct {
	*mutant
	verdict verdict
	output  string
	took    time.Duration
}

// runner runs tests of the repository at root with files in work.
type runner struct{ root, work string }

// try finds out whether m is killed.
func (r *runner) try(ctx context.Context, m *mutant) result {
	begin := time.Now()
	v, output := r.judge(ctx, m)
	return result{mutant: m, verdict: v, output: output, took: time.Since(begin)}
}

func (r *runner) judge(ctx context.Context, m *mutant) (verdict, string) {
	dir, err := os.MkdirTemp(r.work, m.rule+"-")
	if err != nil {
		return broken, err.Error()
	}
	overlay, err := r.overlay(m, dir)
	if err != nil {
		return broken, err.Error()
	}
	program, output, err := r.build(ctx, m.dir, dir, "-overlay="+overlay)
	if err != nil {
		return broken, output
	}
	defer func() { _ = os.Remove(program) }()
	output, err = r.run(ctx, m.dir, program, m.test)
	var failed *exec.ExitError
	switch {
	case errors.As(err, &failed):
		return killed, ""
	case err != nil:
		return broken, err.Error()
	case strings.Contains(output, "no tests to run"):
		return broken, output
	}
	return survived, output
}

// overlay writes m's files and the list with which the go command reads them in
// place of the repository's. It returns the list's path.
func (r *runner) overlay(m *mutant, dir string) (string, error) {
	files, err := m.mutate(r.root)
	if err != nil {
		return "", err
	}
	replace := map[string]string{}
	for path, text := range files {
		to := filepath.Join(dir, strings.ReplaceAll(path, "/", "_"))
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			return "", err
		}
		replace[filepath.Join(r.root, filepath.FromSlash(path))] = to
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, list, 0o600)
}

// build makes a package's test program in dir. It is built separately from the run, so
// that a fault that does not compile does not count as killed.
func (r *runner) build(ctx context.Context, pkg, dir string, flags ...string) (program, output string, err error) {
	program = filepath.Join(dir, "test")
	args := append([]string{"test", "-c", "-ldflags=-w", "-tags=" + tags, "-o", program}, flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, "./"+pkg)...)
	cmd.Dir = r.root
	out, err := cmd.CombinedOutput()
	return program, string(out), err
}

// run runs tests of a test program in its package's directory.
func (r *runner) run(ctx context.Context, pkg, program, pattern string) (output string, err error) {
	cmd := exec.CommandContext(ctx, program, "-test.run", anchored(pattern), "-test.timeout", testLimit.String())
	cmd.Dir = filepath.Join(r.root, filepath.FromSlash(pkg))
	// Failures because of a fault must not be saved for repetition.
	cmd.Env = append(os.Environ(), "CI=true", "RAPID_NOFAILFILE=true")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// anchored returns the pattern that only the named test matches, or the named
// subtest.
func anchored(test string) string {
	parts := strings.Split(test, "/")
	for i, p := range parts {
		parts[i] = "^(" + p + ")$"
	}
	return strings.Join(parts, "/")
}

// baseline holds the tests of one package that mutants name.
type baseline struct {
	dir   string
	tests []string
}

// baselines returns the tests that must pass without a mutant: a test that fails anyway
// proves nothing.
func baselines(mutants []mutant) []baseline {
	tests := map[string]map[string]bool{}
	for _, m := range mutants {
		if tests[m.dir] == nil {
			tests[m.dir] = map[string]bool{}
		}
		name, _, _ := strings.Cut(m.test, "/")
		tests[m.dir][name] = true
	}
	var all []baseline
	for _, dir := range slices.Sorted(maps.Keys(tests)) {
		all = append(all, baseline{dir, slices.Sorted(maps.Keys(tests[dir]))})
	}
	return all
}

// pass runs a baseline.
func (r *runner) pass(ctx context.Context, b baseline) error {
	dir, err := os.MkdirTemp(r.work, "pass-")
	if err != nil {
		return err
	}
	program, output, err := r.build(ctx, b.dir, dir)
	if err == nil {
		output, err = r.run(ctx, b.dir, program, strings.Join(b.tests, "|"))
	}
	if err != nil {
		return fmt.Errorf("%s without a mutant: %w\n%s", b.dir, err, output)
	}
	return nil
}
