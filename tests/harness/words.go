package harness

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/messages"
)

// OtherWords returns a folder of texts in which every text of every language is
// another one, for MESSAGES_DIR. Each holds the word "otherwise".
func OtherWords(t testing.TB) string {
	t.Helper()
	texts, err := messages.BuiltIn(messages.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for _, tag := range texts.Tags() {
		name, content, err := messages.Starter(tag)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(otherwise(content)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// otherwise changes every text of a file that Starter wrote.
func otherwise(content string) string {
	var out strings.Builder
	for line := range strings.Lines(content) {
		key, said, isText := strings.Cut(strings.TrimPrefix(line, "#"), ` = "`)
		switch {
		case !isText || key == "encoding" || strings.Contains(key, " "):
		case key == "opt_out":
			line = "opt_out = \"STOP\"\n"
		case strings.HasPrefix(said, "{{.Brand}}: ") && strings.Contains(said, "{{.OptOut}}"):
			line = key + " = \"{{.Brand}}: otherwise {{.Time}} {{.Date}} {{.Reference}} {{.OptOut}}\"\n"
		default:
			line = key + " = \"otherwise " + said
			line = strings.Replace(line, " \"\n", "\"\n", 1) // behind an empty text
		}
		out.WriteString(line)
	}
	return out.String()
}
