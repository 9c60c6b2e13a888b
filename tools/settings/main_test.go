package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/tools/internal/repo"
)

func TestTheDocumentedSettingsAreThoseOfTheCode(t *testing.T) {
	root, err := repo.Root(".")
	if err != nil {
		t.Fatal(err)
	}
	files, err := generate(root)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range files {
		got, err := os.ReadFile(path)
		if err != nil || string(got) != want {
			t.Errorf("%s is not what the code says (%v); run: go run ./tools/settings", filepath.Base(path), err)
		}
	}
}
