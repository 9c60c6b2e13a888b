package main

import (
	"fmt"
	"os"
	"strings"
)

const (
	begin = "<!-- mutants:begin -->\n"
	end   = "<!-- mutants:end -->\n"
)

// table returns results as Markdown.
func table(results []result) string {
	var b strings.Builder
	b.WriteString("| rule | what is broken | killed by | s |\n|---|---|---|---|\n")
	for _, r := range results {
		by := fmt.Sprintf("`%s` %s", r.dir, r.test)
		if r.verdict != killed {
			by = fmt.Sprintf("**%s**: %s", r.verdict, by)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %.1f |\n", r.rule, r.breaks, by, r.took.Seconds())
	}
	return b.String()
}

// write puts the table between the marks of a document.
func write(path, table string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, opened := strings.Cut(string(old), begin)
	_, after, closed := strings.Cut(rest, end)
	if !opened || !closed {
		return fmt.Errorf("%s must have the lines %q and %q around the table", path, begin, end)
	}
	text := before + begin + "\n" + table + "\n" + end + after
	return os.WriteFile(path, []byte(text), 0o644) //nolint:gosec // documentation is world-readable
}
