package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// verdicts are the functions that say why a program is not ready or not alive.
func verdicts() map[string][]string {
	return map[string][]string{
		"libs/kafka/engine/health.go":                    {"Live", "Ready", "notOpen"},
		"libs/kafka/engine/faults.go":                    {"unread"},
		"libs/kafka/engine/reading.go":                   {"err"},
		"libs/kafka/engine/topicwatch.go":                {"run"},
		"libs/kafka/durable/persist.go":                  {"Ready"},
		"libs/runtime/observe/snapshot.go":               {"Ready"},
		"services/dlq-replayer/internal/serve/server.go": {"Ready"},
	}
}

// The table of symptoms lists every error of /readyz and /livez.
func TestWhatHealthSaysIsInTheTableOfSymptoms(t *testing.T) {
	operations := read(t, "docs/OPERATIONS.md")
	for path, functions := range verdicts() {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(harness.Root(t), path), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, function := range functions {
			said := errorsOf(file, function)
			if len(said) == 0 {
				t.Errorf("%s: %s says nothing: look again at what health consists of", path, function)
			}
			for _, text := range said {
				if !strings.Contains(operations, longest(text)) {
					t.Errorf("docs/OPERATIONS.md lacks %q (%s)", longest(text), path)
				}
			}
		}
	}
}

// errorsOf returns the formats of the errors that a function makes.
func errorsOf(file *ast.File, function string) (formats []string) {
	for _, d := range file.Decls {
		f, isFunction := d.(*ast.FuncDecl)
		if !isFunction || f.Name.Name != function {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, isCall := n.(*ast.CallExpr)
			if !isCall {
				return true
			}
			made, isSelector := call.Fun.(*ast.SelectorExpr)
			if isSelector && made.Sel.Name == "Errorf" {
				if text, err := strconv.Unquote(call.Args[0].(*ast.BasicLit).Value); err == nil {
					formats = append(formats, text)
				}
			}
			return true
		})
	}
	return formats
}

// longest returns the longest part of a format that is always the same.
func longest(format string) (part string) {
	for _, p := range regexp.MustCompile(`%[a-z]`).Split(format, -1) {
		if p = strings.Trim(p, " :,;()"); len(p) > len(part) {
			part = p
		}
	}
	return part
}
