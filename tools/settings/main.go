// Command settings writes what is made from the description of the settings in
// libs/runtime/config: the file .env.example and the tables of README.md, between
// the lines settings:begin and settings:end. Run it anywhere in the repository:
//
//	go run ./tools/settings
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config/configdoc"
)

const (
	begin = "<!-- settings:begin -->\n"
	end   = "<!-- settings:end -->\n"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "settings:", err)
		os.Exit(1)
	}
}

// run rewrites the files of the repository that dir lies in.
func run(dir string) error {
	root, err := repository(dir)
	if err != nil {
		return err
	}
	files, err := generate(root)
	if err != nil {
		return err
	}
	for path, content := range files {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil { //nolint:gosec // Documentation is for everybody.
			return err
		}
	}
	return nil
}

// generate returns the generated files' contents by their paths.
func generate(root string) (map[string]string, error) {
	readme := filepath.Join(root, "README.md")
	old, err := os.ReadFile(readme)
	if err != nil {
		return nil, err
	}
	before, rest, opened := strings.Cut(string(old), begin)
	_, after, closed := strings.Cut(rest, end)
	if !opened || !closed {
		return nil, fmt.Errorf("README.md must have the lines %q and %q around the settings tables", begin, end)
	}
	return map[string]string{
		readme:                              before + begin + "\n" + configdoc.Markdown() + "\n" + end + after,
		filepath.Join(root, ".env.example"): configdoc.DotEnv(),
	}, nil
}

// repository returns the nearest directory at or above dir that has a go.work.
func repository(dir string) (string, error) {
	at, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(at, "go.work")); err == nil {
			return at, nil
		}
		parent := filepath.Dir(at)
		if parent == at {
			return "", errors.New("no go.work here or above")
		}
		at = parent
	}
}
