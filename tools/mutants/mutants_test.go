package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/tools/internal/repo"
)

func everyMutant(t *testing.T) (root string, mutants []mutant) {
	t.Helper()
	root, err := repo.Root(".")
	if err != nil {
		t.Fatal(err)
	}
	if mutants, err = readAll("list"); err != nil {
		t.Fatal(err)
	}
	return root, mutants
}

// Run by `make test`, so that a change to the code keeps the list true; whether
// each mutant is killed is the business of `make mutants`.
func TestEveryMutantStillApplies(t *testing.T) {
	root, mutants := everyMutant(t)
	for _, m := range mutants {
		files, err := m.mutate(root)
		if err != nil {
			t.Error(err)
		}
		for path, text := range files {
			if _, err := parser.ParseFile(token.NewFileSet(), path, text, parser.SkipObjectResolution); err != nil {
				t.Errorf("%s: with the fault in it: %v", m.at, err)
			}
		}
	}
}

func TestEveryMutantIsKilledByATestThatExists(t *testing.T) {
	root, mutants := everyMutant(t)
	tests := map[string]map[string]bool{}
	for _, m := range mutants {
		if tests[m.dir] == nil {
			tests[m.dir] = testsIn(t, filepath.Join(root, filepath.FromSlash(m.dir)))
		}
		if name, _, _ := strings.Cut(m.test, "/"); !tests[m.dir][name] {
			t.Errorf("%s: %s has no test %s", m.at, m.dir, name)
		}
	}
}

// testsIn returns the names of a directory's test functions.
func testsIn(t *testing.T, dir string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
				names[f.Name.Name] = true
			}
		}
	}
	return names
}

func TestEachRuleIsBrokenInThreeWays(t *testing.T) {
	_, mutants := everyMutant(t)
	count := map[string]int{}
	for _, m := range mutants {
		count[m.rule]++
	}
	for kind, n := range map[string]int{"R": 12, "E": 10} {
		for i := range n {
			if rule := fmt.Sprint(kind, i+1); count[rule] < 3 {
				t.Errorf("%s is broken in %d ways, want 3", rule, count[rule])
			}
		}
	}
}

func TestAnEditReplacesOnePlaceWhateverItsIndentation(t *testing.T) {
	const text = "a\n\tb\n\tc\nd\nb\n"
	for _, c := range []struct {
		old, new, want string
		err            error
	}{
		{old: "b\nc", new: "x", want: "a\nx\nd\nb\n"},
		{old: "c", want: "a\n\tb\n\nd\nb\n"},
		{old: "b", new: "x", err: errTwice},
		{old: "b\nd", new: "x", err: errGone},
		{old: "d", new: "d", err: errNoEdit},
	} {
		e := edit{old: strings.Split(c.old, "\n"), new: strings.Split(c.new, "\n")}
		if got, err := e.apply(text); got != c.want || err != c.err { //nolint:errorlint // the very error
			t.Errorf("%q: %q, %v; want %q, %v", c.old, got, err, c.want, c.err)
		}
	}
}

func TestAListThatCannotBeReadIsRefused(t *testing.T) {
	const whole = "== R1\nbreaks: x\nkilled by: dir Test\n--- f\na\n+++\nb\n"
	if all, err := parse("x", "# about\n\n"+whole+"\n"+whole); err != nil || len(all) != 2 {
		t.Fatalf("%d mutants, %v", len(all), err)
	}
	for _, bad := range []string{
		"stray\n" + whole,
		"== R1\nbreaks: x\n--- f\na\n+++\n",
		"== R1\nkilled by: dir Test\n--- f\na\n+++\n",
		"== R1\nbreaks: x\nkilled by: dir Test\n",
		"== R1\nbreaks: x\nkilled by: dir Test\n--- f\n+++\nb\n",
	} {
		if _, err := parse("x", bad); err == nil {
			t.Errorf("no objection to %q", bad)
		}
	}
}
