// Package docs tests that the documents name things that exist: tests, make
// targets, commands, files, metrics and alerts.
package docs

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/rights"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	notifyctl "github.com/kafka-notifications/kafka-notifications/tools/notifyctl/settings"
)

// read returns a file by its path from the root of the repository.
func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(harness.Root(t), path))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// sources calls fn for each Go file of the repository.
func sources(t *testing.T, fn func(path, content string)) {
	t.Helper()
	root := harness.Root(t)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && path != root:
			return fs.SkipDir
		case entry.IsDir() || filepath.Ext(path) != ".go":
			return nil
		}
		content, err := os.ReadFile(path)
		if err == nil {
			fn(path, string(content))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// all returns the first group of each match.
func all(pattern, text string) (found []string) {
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		found = append(found, m[1])
	}
	return found
}

func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	sources(t, func(path, content string) {
		if strings.HasSuffix(path, "_test.go") {
			for _, name := range all(`(?m)^func (Test\w+)\(`, content) {
				names[name] = true
			}
		}
	})
	return names
}

func TestEveryRowOfTheScopeNamesWhatShowsIt(t *testing.T) {
	tests := testNames(t)
	targets := all(`(?m)^([a-z-]+):.*## `, read(t, "Makefile")+read(t, "deploy/deploy.mk"))
	commands := map[string]string{"notifyctl": "tools/notifyctl", "dlq-replayer": "services/dlq-replayer"}
	binaries := harness.NewBinaries(t.TempDir())
	rows := 0
	for line := range strings.Lines(read(t, "docs/FEATURE_SCOPE.md")) {
		if !strings.HasPrefix(line, "| ") || strings.HasSuffix(strings.TrimSpace(line), "shown by |") {
			continue
		}
		rows++
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		shown := all("`([^`]+)`", cells[len(cells)-1])
		if len(shown) == 0 {
			t.Errorf("nothing shows %s", cells[0])
		}
		for _, name := range shown {
			words := strings.Fields(name)
			switch {
			case strings.HasPrefix(name, "Test"):
				if !tests[name] {
					t.Errorf("there is no test %s", name)
				}
			case words[0] == "make":
				if !slices.Contains(targets, words[1]) {
					t.Errorf("there is no %s", name)
				}
			case commands[words[0]] != "":
				help := append(words[1:], "--help")
				if out, err := exec.Command(binaries.Path(t, commands[words[0]]), help...).CombinedOutput(); err != nil {
					t.Errorf("%s: %v\n%s", name, err, out)
				}
			default:
				t.Errorf("%q is neither a test nor a command", name)
			}
		}
	}
	if rows < 60 {
		t.Errorf("only %d rows were found", rows)
	}
}

// anchor is how GitHub names a heading.
func anchor(heading string) string {
	heading = strings.ToLower(strings.TrimSpace(heading))
	heading = regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(heading, "")
	return strings.ReplaceAll(heading, " ", "-")
}

func anchors(text string) (found []string) {
	for _, heading := range all(`(?m)^#+ (.+)$`, text) {
		found = append(found, anchor(heading))
	}
	return found
}

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	root := harness.Root(t)
	var documents []string
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md", "contracts/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, found...)
	}
	for _, document := range documents {
		content, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range all(`\]\(([^)]+)\)`, string(content)) {
			if strings.Contains(link, "://") || strings.HasPrefix(link, "mailto:") {
				continue
			}
			path, fragment, _ := strings.Cut(link, "#")
			target := document
			if path != "" {
				target = filepath.Join(filepath.Dir(document), path)
			}
			text, err := os.ReadFile(target)
			if info, statErr := os.Stat(target); statErr == nil && info.IsDir() {
				continue
			}
			if err != nil || fragment != "" && !slices.Contains(anchors(string(text)), fragment) {
				t.Errorf("%s links to %s, which does not exist", document, link)
			}
		}
	}
}

func TestEveryAlertHasItsMetricsAndItsRunbook(t *testing.T) {
	var code strings.Builder
	sources(t, func(path, content string) {
		if !strings.HasSuffix(path, "_test.go") {
			code.WriteString(content)
		}
	})
	rules := read(t, "deploy/prometheus/alerts.yml")
	operations := anchors(read(t, "docs/OPERATIONS.md"))
	for _, name := range all(`alert: (\w+)`, rules) {
		if !slices.Contains(operations, anchor(name)) {
			t.Errorf("docs/OPERATIONS.md says nothing about %s", name)
		}
	}
	metric := `\b((?:notifications?|provider)_[a-z_]+)\b`
	used := append(all(metric, rules), all(metric, read(t, "deploy/grafana/notifications.json"))...)
	if len(used) < 10 {
		t.Errorf("only %v", used)
	}
	for _, name := range used {
		base := regexp.MustCompile("_(bucket|sum|count)$").ReplaceAllString(name, "")
		// The replayer's names are put together from a prefix.
		short := strings.TrimPrefix(base, "notifications_dlq_")
		if !strings.Contains(code.String(), `"`+base+`"`) && (short == base || !strings.Contains(code.String(), `"`+short+`"`)) {
			t.Errorf("there is no metric %s", name)
		}
	}
}

// promtool runs the tests of the rules (make alerts); that each rule has one is
// for us to see: once where it stays silent, once where it fires.
func TestEveryAlertIsTestedSilentAndFiring(t *testing.T) {
	tests := read(t, "deploy/prometheus/alerts.test.yml")
	for _, name := range all(`alert: (\w+)`, read(t, "deploy/prometheus/alerts.yml")) {
		silent := regexp.MustCompile(`alertname: ` + name + `, eval_time: \w+, exp_alerts: \[\]`)
		firing := regexp.MustCompile(`alertname: ` + name + `\n +eval_time: \w+\n +exp_alerts:[^\n]*\n +- exp_labels: \{ severity: `)
		if !silent.MatchString(tests) || !firing.MatchString(tests) {
			t.Errorf("%s: tested silent: %t, firing: %t", name, silent.MatchString(tests), firing.MatchString(tests))
		}
	}
}

// The rules of the protocol, the scenarios and the record's way are worth as much
// as the tests and files that they name.
func TestDocumentsNameTestsAndFilesThatExist(t *testing.T) {
	root, tests := harness.Root(t), testNames(t)
	for _, document := range []string{"docs/PROTOCOL.md", "docs/RELIABILITY.md", "docs/ARCHITECTURE.md", "docs/model/README.md"} {
		text := read(t, document)
		for _, name := range all("`(Test\\w+)`", text) {
			if !tests[name] {
				t.Errorf("%s names %s, which does not exist", document, name)
			}
		}
		for _, path := range all("`((?:libs|services|tools|tests|contracts|deploy)/[^` *{]+)`", text) {
			if _, err := os.Stat(filepath.Join(root, path)); err != nil {
				t.Errorf("%s names %s, which does not exist", document, path)
			}
		}
	}
}

// The rights are declared once, in Go; the table is a copy for people.
func TestTheTableOfRightsIsTheDeclaration(t *testing.T) {
	settings, _, err := config.Load[notifyctl.Notifyctl](config.Env{"KAFKA_BOOTSTRAP_SERVERS": "kafka:9092"})
	if err != nil {
		t.Fatal(err)
	}
	declared := rights.Config{Topics: settings.Topics.Created(settings.TopicCreation), DjangoGroup: "appointments-django"}
	if table := rights.Table(declared.Identities()); !strings.Contains(read(t, "docs/OPERATIONS.md"), "\n"+table+"\n") {
		t.Errorf("docs/OPERATIONS.md has another table than\n%s", table)
	}
}

// A user who runs `make test` as root has to know what it installs.
func TestWhatTheTestsInstallIsSaid(t *testing.T) {
	scripts, err := filepath.Glob(filepath.Join(harness.Root(t), "tools/testenv/*"))
	if err != nil {
		t.Fatal(err)
	}
	document := read(t, "CONTRIBUTING.md")
	packages := 0
	for _, script := range scripts {
		content, err := os.ReadFile(script)
		if err != nil {
			continue // a folder
		}
		for _, names := range all(`(?m)^[^#"\n]*\b(?:need (?:"[^"]+"|\S+)|install|apt_get install -y --no-install-recommends) ([a-z][a-z0-9 .-]*)`, string(content)) {
			for _, name := range strings.Fields(names) {
				packages++
				if !strings.Contains(document, "`"+name+"`") {
					t.Errorf("%s installs %s, and CONTRIBUTING.md does not say so", filepath.Base(script), name)
				}
			}
		}
	}
	if packages < 12 {
		t.Errorf("only %d packages were found", packages)
	}
}
