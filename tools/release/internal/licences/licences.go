// Package licences finds the licences of a program's modules.
package licences

import (
	"bytes"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	classifier "github.com/google/licenseclassifier/v2"
	"github.com/google/licenseclassifier/v2/assets"
)

// Module is one that a program was built from.
type Module struct {
	Path, Version string
	// Sum is the checksum of go.sum, such as h1:….
	Sum string
	// Licences are SPDX identifiers, sorted. All of them apply: a module may
	// hold code that it took over.
	Licences []string
}

// Reader recognises licences. Make it once: it holds the texts of hundreds.
type Reader struct {
	known *classifier.Classifier
	cache string
}

// NewReader returns a reader of the modules in Go's module cache.
func NewReader(moduleCache string) (*Reader, error) {
	known, err := assets.DefaultClassifier()
	return &Reader{known, moduleCache}, err
}

// Of returns the modules that a binary says it was built from, without those of this
// repository, sorted by path. It fails if a module's source is not in the cache or has
// no recognised licence.
func (r *Reader) Of(binary []byte) ([]Module, error) {
	info, err := buildinfo.Read(bytes.NewReader(binary))
	if err != nil {
		return nil, fmt.Errorf("not a Go program: %w", err)
	}
	var all []Module
	var faults []error
	for _, d := range info.Deps {
		if d.Replace != nil { // ours
			continue
		}
		m := Module{Path: d.Path, Version: d.Version, Sum: d.Sum}
		m.Licences, err = r.read(filepath.Join(r.cache, escaped(d.Path)+"@"+escaped(d.Version)))
		if err != nil {
			faults = append(faults, fmt.Errorf("%s@%s: %w", d.Path, d.Version, err))
		}
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b Module) int { return strings.Compare(a.Path, b.Path) })
	return all, errors.Join(faults...)
}

// read returns the licences in a module's folder.
func (r *Reader) read(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	name := regexp.MustCompile(`(?i)^(licen[cs]e|copying|unlicense)`)
	var found []string
	for _, e := range entries {
		if e.IsDir() || !name.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		for _, m := range r.known.Match(text).Matches {
			if m.MatchType == "License" || m.MatchType == "Header" {
				found = append(found, m.Name)
			}
		}
	}
	if len(found) == 0 {
		return nil, errors.New("no licence is recognised in its folder")
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// escaped writes capitals as Go's module cache does.
func escaped(s string) string {
	return filepath.FromSlash(regexp.MustCompile(`[A-Z]`).ReplaceAllStringFunc(s, func(c string) string { return "!" + strings.ToLower(c) }))
}

// Refused returns the modules with a licence that is not in allowed.
func Refused(all []Module, allowed []string) (refused []string) {
	for _, m := range all {
		for _, l := range m.Licences {
			if !slices.Contains(allowed, l) {
				refused = append(refused, fmt.Sprintf("%s@%s is under %s", m.Path, m.Version, l))
			}
		}
	}
	return refused
}

// Allowed are the licences that this project may contain: they ask for their
// text to be passed on, which the images do, and for changes of their own files.
func Allowed() []string {
	return []string{"MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MPL-2.0", "CC0-1.0", "Unicode-DFS-2016", "Unicode-3.0", "Zlib"}
}
