package harness

import (
	"fmt"
	"os"
	"strings"
)

// Rewrite replaces what stands between the marks of that name in a Markdown
// file: <!-- name:begin --> and <!-- name:end -->, each a line of its own.
func Rewrite(path, name, text string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	begin, end := "<!-- "+name+":begin -->\n", "<!-- "+name+":end -->\n"
	before, rest, opened := strings.Cut(string(old), begin)
	_, after, closed := strings.Cut(rest, end)
	if !opened || !closed {
		return fmt.Errorf("%s must have the lines %s and %s", path, begin, end)
	}
	return os.WriteFile(path, []byte(before+begin+text+end+after), 0o644)
}
