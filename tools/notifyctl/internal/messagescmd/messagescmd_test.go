package messagescmd

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cmdline"
)

func invocation(env config.Env) (*cmdline.Invocation, *bytes.Buffer) {
	out := new(bytes.Buffer)
	return &cmdline.Invocation{Env: env, Stdout: out, Stderr: out}, out
}

func TestWhatInitWritesIsRightAndNeverWrittenOver(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "messages")
	in, _ := invocation(config.Env{"DEFAULT_LOCALE": "fr"})
	if err := (initCommand{folder: folder{dir}, Layouts: true}).Run(in); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "fr.toml")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(content), "#footer = \"Ce message", "footer = \"Ceci", 1)
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	in, out := invocation(config.Env{"MESSAGES_DIR": dir})
	if err := (initCommand{Locale: []string{"fr", "de-AT"}}).Run(in); err != nil || !strings.Contains(out.String(), "is left as it is") {
		t.Errorf("%v\n%s", err, out)
	}
	if now, _ := os.ReadFile(file); string(now) != changed {
		t.Error("a file was written over")
	}
	if err := (checkCommand{}).Run(in); err != nil || !strings.Contains(out.String(), "ok    "+dir) || strings.Contains(out.String(), "note") {
		t.Errorf("%v\n%s", err, out)
	}
	if err := (initCommand{folder: folder{dir}, Locale: []string{"tlh"}}).Run(in); err == nil || !strings.Contains(err.Error(), "dates") {
		t.Errorf("a language without dates: %v", err)
	}
}

func TestCheckNamesEveryFaultAndWhatChangedSince(t *testing.T) {
	dir := t.TempDir()
	put := func(content string) {
		if err := os.WriteFile(filepath.Join(dir, "de.toml"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("[labels]\n# default 00000000\ndate = \"Tag\"\n")
	in, out := invocation(config.Env{})
	if err := (checkCommand{folder{dir}}).Run(in); err != nil || !strings.Contains(out.String(), `note  de.toml: labels.date was made from another text of ours; it is now "Datum"`) {
		t.Errorf("%v\n%s", err, out)
	}
	put("[labels]\ndate = 5\n[email.confirmed]\nsubjekt = \"x\"\n")
	in, out = invocation(config.Env{})
	err := (checkCommand{folder{dir}}).Run(in)
	if err == nil || strings.Count(out.String(), "FAIL  MESSAGES_DIR de.toml: ") != 2 {
		t.Errorf("%v\n%s", err, out)
	}
}
