package config_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

func TestASecretIsNeverPrinted(t *testing.T) {
	cfg, _, err := config.Load[worker](workerEnv())
	if err != nil || cfg.Account.APIKey.Reveal() != "hunter2-key" {
		t.Fatalf("key not read, err %v", err)
	}
	encoded, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	shown := string(encoded)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T%v"} {
		shown += fmt.Sprintf(verb, cfg) + fmt.Sprintf(verb, cfg.Account.APIKey) + fmt.Sprintf(verb, &cfg.Account)
	}
	for _, form := range []string{"hunter2", fmt.Sprintf("%x", "hunter2"), "104 117 110"} {
		if strings.Contains(shown, form) {
			t.Errorf("the secret shows as %q", form)
		}
	}
}

func TestASecretMayComeFromAFile(t *testing.T) {
	write := func(content string) string {
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for content, want := range map[string]string{"from-file\n": "from-file", "from-file\r\n": "from-file", "from-file": "from-file"} {
		e := workerEnv("BEACON_API_KEY", "", "BEACON_API_KEY_FILE", write(content))
		if cfg, _, err := config.Load[worker](e); err != nil || cfg.Account.APIKey.Reveal() != want {
			t.Errorf("%q read as %q, err %v", content, cfg.Account.APIKey.Reveal(), err)
		}
	}
	for path, problem := range map[string]string{
		"hunter2-put-here-by-mistake":     "must name a file that exists",
		write("\n"):                       "names an empty file",
		write("two\nlines"):               "must be text without white space",
		write(" padded"):                  "must be text without white space",
		write(strings.Repeat("a", 2<<20)): "at most 1 MiB",
		t.TempDir():                       "must name a regular file",
		"/dev/zero":                       "must name a regular file",
	} {
		err := loading[worker](workerEnv("BEACON_API_KEY", "", "BEACON_API_KEY_FILE", path))
		if got := faultsOf(t, err); !slices.Equal(got, []string{"BEACON_API_KEY_FILE"}) || !strings.Contains(err.Error(), problem) {
			t.Errorf("want %q, got %v", problem, err)
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the file's name is shown: %v", err)
		}
	}
	both := loading[worker](workerEnv("BEACON_API_KEY_FILE", write("x")))
	if got := faultsOf(t, both); !slices.Equal(got, []string{"BEACON_API_KEY"}) {
		t.Errorf("both given: faults %q", got)
	}
}

// A mounted secret is a link to a link; a pipe is not a file to
// read: opening one without a writer would never return.
func TestASecretsFileIsARegularFileOrALinkToOne(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(path("data"), []byte("from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(path("pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{"first": "data", "second": "first", "to-pipe": "pipe"} {
		if err := os.Symlink(path(target), path(link)); err != nil {
			t.Fatal(err)
		}
	}
	cfg, _, err := config.Load[worker](workerEnv("BEACON_API_KEY", "", "BEACON_API_KEY_FILE", path("second")))
	if err != nil || cfg.Account.APIKey.Reveal() != "from-file" {
		t.Errorf("a link: %v", err)
	}
	for _, name := range []string{"pipe", "to-pipe"} {
		for setting, e := range map[string]config.Env{
			"BEACON_API_KEY_FILE": workerEnv("BEACON_API_KEY", "", "BEACON_API_KEY_FILE", path(name)),
			"KAFKA_TLS_CA_FILE":   workerEnv("KAFKA_SECURITY_PROTOCOL", "SSL", "KAFKA_TLS_CA_FILE", path(name)),
		} {
			if got := faultsOf(t, loading[worker](e)); !slices.Equal(got, []string{setting}) {
				t.Errorf("%s: faults %q, want %s", name, got, setting)
			}
		}
	}
}
