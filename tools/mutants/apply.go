package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// mutate returns the files that m changes, as they are with the fault in them,
// by their paths below root.
func (m *mutant) mutate(root string) (map[string]string, error) {
	changed := map[string]string{}
	for _, e := range m.edits {
		text, ok := changed[e.file]
		if !ok {
			raw, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(e.file)))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", m.at, err)
			}
			text = string(raw)
		}
		text, err := e.apply(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", m.at, e.file, err)
		}
		changed[e.file] = text
	}
	return changed, nil
}

// The reasons why an edit does not apply any more.
var (
	errGone   = errors.New("the lines to replace are not there")
	errTwice  = errors.New("the lines to replace are there more than once")
	errNoEdit = errors.New("the edit changes nothing")
)

// apply replaces the one place in text that reads like e.old. Indentation does
// not count, so that code may move into another block.
func (e *edit) apply(text string) (string, error) {
	lines := strings.Split(text, "\n")
	at := -1
	for i := range lines {
		if !e.matches(lines[i:]) {
			continue
		}
		if at >= 0 {
			return "", errTwice
		}
		at = i
	}
	switch {
	case at < 0:
		return "", errGone
	case slices.Equal(e.old, e.new):
		return "", errNoEdit
	}
	return strings.Join(slices.Replace(lines, at, at+len(e.old), e.new...), "\n"), nil
}

func (e *edit) matches(lines []string) bool {
	if len(lines) < len(e.old) {
		return false
	}
	for i, old := range e.old {
		if strings.TrimSpace(lines[i]) != strings.TrimSpace(old) {
			return false
		}
	}
	return true
}
