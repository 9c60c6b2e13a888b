package messages

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/libs/closest"
)

// Fault is something in an operator's folder that keeps messages from being
// written with it.
type Fault struct {
	// File is the file's name in the folder, Key the text's in the file; Key is
	// empty when the fault is the whole file's.
	File, Key string
	// Setting is set where a setting is at fault and no file: ours is the text that
	// it leaves no room for.
	Setting string
	// Problem says what is wrong and how to repair it; it goes on after both.
	Problem string
}

// String returns the fault as one line.
func (f Fault) String() string {
	if f.Key == "" {
		return f.File + " " + f.Problem
	}
	return f.File + ": " + f.Key + " " + f.Problem
}

// faults collects.
type faults []Fault

func (f *faults) add(file, key, format string, args ...any) {
	fault := Fault{File: file, Key: key, Problem: fmt.Sprintf(format, args...)}
	if !slices.Contains(*f, fault) {
		*f = append(*f, fault)
	}
}

// nearest returns the name that given may be a slip of, letter case counting
// nothing.
func nearest(given string, names []string) (name string, ok bool) {
	lower := make([]string, len(names))
	for i, name := range names {
		lower[i] = strings.ToLower(name)
	}
	found, ok := closest.To(strings.ToLower(given), lower, 1+len(given)/4)
	if !ok {
		return "", false
	}
	return names[slices.Index(lower, found)], true
}
