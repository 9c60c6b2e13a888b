package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// mutant is one way to break a rule.
type mutant struct {
	// rule is R1 to R13 for those of docs/PROTOCOL.md, E1 to E10 for the engine's, K1
	// for the replayer's index, M1 for the choice of a language, M2 for the content of
	// texts and M3 for the allowlist.
	rule   string
	breaks string
	// dir and test name the test that must fail, by its package's directory.
	dir, test string
	edits     []edit
	// at is the file and line of the mutant.
	at string
}

// edit replaces lines of one file.
type edit struct {
	file     string
	old, new []string
}

// readAll returns the mutants of all files in dir.
func readAll(dir string) ([]mutant, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		return nil, err
	}
	var all []mutant
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		mutants, err := parse(filepath.Base(path), string(text))
		if err != nil {
			return nil, err
		}
		all = append(all, mutants...)
	}
	return all, nil
}

// parse reads one file. A mutant is written as
//
//	== R5
//	breaks: what no longer holds, in a sentence
//	killed by: libs/delivery TestSomething
//	--- libs/delivery/reconcile.go
//	the lines to replace
//	+++
//	the lines that replace them, perhaps none
//
// with as many pairs of --- and +++ as it needs.
func parse(name, text string) ([]mutant, error) {
	r := reader{name: name}
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		r.line++
		if err := r.take(lines.Text()); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, r.line, err)
		}
	}
	for i := range r.mutants {
		if err := r.mutants[i].check(); err != nil {
			return nil, err
		}
	}
	return r.mutants, nil
}

// reader is the state of reading a file. into is the text that the next line of code
// belongs to.
type reader struct {
	name    string
	line    int
	mutants []mutant
	into    *[]string
}

func (r *reader) take(line string) error {
	if rule, ok := strings.CutPrefix(line, "== "); ok {
		r.mutants = append(r.mutants, mutant{rule: rule, at: fmt.Sprintf("%s:%d", r.name, r.line)})
		r.into = nil
		return nil
	}
	if len(r.mutants) == 0 {
		return r.stray(line)
	}
	m := &r.mutants[len(r.mutants)-1]
	if file, ok := strings.CutPrefix(line, "--- "); ok {
		m.edits = append(m.edits, edit{file: file})
		r.into = &m.edits[len(m.edits)-1].old
		return nil
	}
	switch {
	case line == "+++" && len(m.edits) > 0:
		r.into = &m.edits[len(m.edits)-1].new
	case r.into != nil:
		*r.into = append(*r.into, line)
	default:
		return r.field(m, line)
	}
	return nil
}

// field reads a line between a mutant's rule and its first edit.
func (r *reader) field(m *mutant, line string) error {
	if breaks, ok := strings.CutPrefix(line, "breaks: "); ok {
		m.breaks = breaks
		return nil
	}
	if by, ok := strings.CutPrefix(line, "killed by: "); ok {
		m.dir, m.test, _ = strings.Cut(by, " ")
		return nil
	}
	return r.stray(line)
}

func (r *reader) stray(line string) error {
	if line == "" || strings.HasPrefix(line, "#") {
		return nil
	}
	return fmt.Errorf("%q belongs to no mutant", line)
}

// check reports missing parts, and trims blank lines around code.
func (m *mutant) check() error {
	if m.breaks == "" || m.dir == "" || m.test == "" || len(m.edits) == 0 {
		return fmt.Errorf("%s: a mutant has a rule, breaks, killed by, and an edit", m.at)
	}
	for i := range m.edits {
		e := &m.edits[i]
		e.old, e.new = trim(e.old), trim(e.new)
		if len(e.old) == 0 {
			return fmt.Errorf("%s: an edit replaces nothing", m.at)
		}
	}
	return nil
}

func trim(lines []string) []string {
	for len(lines) > 0 && strings.TrimSpace(lines[0]) == "" {
		lines = lines[1:]
	}
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}
