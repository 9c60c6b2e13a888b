package doctorcmd_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestADollarThatChangesASecretIsNoticed(t *testing.T) {
	s := newSystem(t)
	s.ensure()
	for line, noticed := range map[string]bool{
		`MAILGUN_API_KEY=pa$word`:              true,
		`MAILGUN_API_KEY="pa$word"`:            true,
		`export MAILGUN_API_KEY=pa${x}word`:    true,
		`  MAILGUN_API_KEY = pa$$word`:         true,
		`MAILGUN_API_KEY='pa$word'`:            false,
		`MAILGUN_API_KEY="pa\$word"`:           false,
		`#MAILGUN_API_KEY=pa$word`:             false,
		`MAILGUN_API_KEY=password # 5 $ a day`: false,
		`MAILGUN_API_KEY=`:                     false,
	} {
		file := filepath.Join(t.TempDir(), ".env")
		if err := os.WriteFile(file, []byte("# comment\n\n"+line+"\nBRAND_NAME=Clinic\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := s.examineFile(file)
		said := strings.Contains(out, "the $ in the value of MAILGUN_API_KEY")
		if said != noticed || (err != nil) != noticed || strings.Contains(out, "word") && noticed && strings.Contains(out, "pa$") {
			t.Errorf("%s: noticed %t (%v)\n%s", line, said, err, out)
		}
	}
	file := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(file, []byte("MAILGUN_TIMEOUT_SECOND=5\nMAILGUN_API_KEY_FILE=/run/secrets/key\nDJANGO_SECRET_KEY=x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := s.examineFile(file); err != nil || strings.Count(out, "is not a setting") != 1 || !strings.Contains(out, "did you mean MAILGUN_TIMEOUT_SECONDS?") {
		t.Errorf("a mistyped name: %v\n%s", err, out)
	}
	if _, err := s.examineFile(filepath.Join(t.TempDir(), "none")); err != nil {
		t.Errorf("without the file: %v", err)
	}
}
