// Command settings writes the files that are generated from the declarations of the
// settings: .env.example, docs/SETTINGS.md, deploy/env and the schemas of deploy/helm.
// Run it anywhere in the repository:
//
//	go run ./tools/settings
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/kafka-notifications/kafka-notifications/tools/internal/repo"
	notifyctl "github.com/kafka-notifications/kafka-notifications/tools/notifyctl/settings"
	"github.com/kafka-notifications/kafka-notifications/tools/settings/helmschema"
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
	files, err := generate(root)
	if err != nil {
		return err
	}
	for path, content := range files {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil { //nolint:gosec // documentation is world-readable
			return err
		}
	}
	return nil
}

// generate returns the generated files' contents by their paths.
func generate(root string) (map[string]string, error) {
	files := map[string]string{
		filepath.Join(root, "docs", "SETTINGS.md"): settingsdoc.Markdown(),
		filepath.Join(root, ".env.example"):        settingsdoc.DotEnv(),
	}
	for name, content := range settingsdoc.Containers() {
		files[filepath.Join(root, "deploy", "env", name)] = content
	}
	for _, program := range settingsdoc.Services() {
		schema, err := helmschema.Of(program, notifyctl.Notifyctl{})
		if err != nil {
			return nil, err
		}
		files[filepath.Join(root, "deploy", "helm", program.Program().Name, "values.schema.json")] = schema
	}
	return files, nil
}
