// Command settings writes what is made from the declarations of the settings:
// .env.example, docs/SETTINGS.md and deploy/env. Run it anywhere in the repository:
//
//	go run ./tools/settings
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/kafka-notifications/kafka-notifications/tools/internal/repo"
	"github.com/kafka-notifications/kafka-notifications/tools/settings/settingsdoc"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "settings:", err)
		os.Exit(1)
	}
}

// run rewrites the files of the repository that dir lies in.
func run(dir string) error {
	root, err := repo.Root(dir)
	if err != nil {
		return err
	}
	for path, content := range generate(root) {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil { //nolint:gosec // Documentation is for everybody.
			return err
		}
	}
	return nil
}

// generate returns the generated files' contents by their paths.
func generate(root string) map[string]string {
	files := map[string]string{
		filepath.Join(root, "docs", "SETTINGS.md"): settingsdoc.Markdown(),
		filepath.Join(root, ".env.example"):        settingsdoc.DotEnv(),
	}
	for name, content := range settingsdoc.Containers() {
		files[filepath.Join(root, "deploy", "env", name)] = content
	}
	return files
}
