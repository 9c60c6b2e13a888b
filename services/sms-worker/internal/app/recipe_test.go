package app_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestTheRecipeForAChannelNamesFilesThatExist(t *testing.T) {
	const root = "../../../.."
	text, err := os.ReadFile(filepath.Join(root, "docs", "ADDING_A_CHANNEL.md"))
	if err != nil {
		t.Fatal(err)
	}
	var named int
	for _, quoted := range regexp.MustCompile("`([a-zA-Z_.-]+/[a-zA-Z0-9_./-]*|[a-zA-Z.-]+[.](?:yml|md|work|example))`").FindAllStringSubmatch(string(text), -1) {
		path := quoted[1]
		if strings.Contains(path, "services/push-worker") {
			// The files that the recipe makes: the worker of its test has them.
			path = strings.Replace(path, "services/", "tests/channel/testdata/", 1)
		}
		named++
		if _, err := os.Stat(filepath.Join(root, path)); err != nil {
			t.Errorf("%s does not exist", path)
		}
	}
	if named < 30 {
		t.Errorf("only %d files are named", named)
	}
}
