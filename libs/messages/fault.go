package messages

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/libs/closest"
)

// Fault is a fault in an operator's folder because of which it cannot be used.
type Fault struct {
	// File is the file's name in the folder, Key the text's in the file; Key is empty
	// if the fault concerns the whole file.
	File, Key string
	// Setting is set if a setting is at fault and not a file: it leaves no room for one
	// of our own texts.
	Setting string
	// Problem describes the fault and its repair; it continues the sentence after file
	// and key.
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

// nearest returns the name that given may be a misspelling of, ignoring case.
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
