package doctorcmd

import (
	"errors"
	"io/fs"
	"os"
	"strings"
)

// dotEnv reports values of the file that a $ changes on their way to a program:
// Compose and shells put a variable in its place unless single quotes are around
// it. Without the file there is nothing to report. No value is shown.
func dotEnv(path string) []finding {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return []finding{remark("%s cannot be read, so a $ in it would go unnoticed", path)}
	}
	var found []finding
	for line := range strings.Lines(string(content)) {
		name, value, assigns := strings.Cut(strings.TrimSpace(line), "=")
		name = strings.TrimPrefix(name, "export ")
		if assigns && !strings.HasPrefix(name, "#") && expands(strings.TrimSpace(value)) {
			found = append(found, bad("put single quotes around the value: "+name+"='…'",
				"%s: the $ in the value of %s is taken for a variable's name, so that programs get another value", path, name))
		}
	}
	return found
}

// expands reports whether a $ in the value stands for a variable. White space
// and then # begin a comment where there are no quotes.
func expands(value string) bool {
	switch {
	case strings.HasPrefix(value, "'"):
		return false
	case strings.HasPrefix(value, `"`):
		value, _, _ = strings.Cut(value[1:], `" `)
	default:
		value, _, _ = strings.Cut(value, " #")
	}
	return strings.Contains(strings.ReplaceAll(value, `\$`, ""), "$")
}
