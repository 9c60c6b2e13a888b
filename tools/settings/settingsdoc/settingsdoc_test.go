package settingsdoc_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	dlqreplayer "github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/settings"
	emailworker "github.com/kafka-notifications/kafka-notifications/services/email-worker/settings"
	smsworker "github.com/kafka-notifications/kafka-notifications/services/sms-worker/settings"
	notifyctl "github.com/kafka-notifications/kafka-notifications/tools/notifyctl/settings"
	"github.com/kafka-notifications/kafka-notifications/tools/settings/settingsdoc"
)

func TestEverySettingIsDocumentedOnce(t *testing.T) {
	table, example := settingsdoc.Markdown(), settingsdoc.DotEnv()
	for _, program := range settingsdoc.Programs() {
		for _, s := range config.SettingsOf(program) {
			if n := strings.Count(table, "| `"+s.Name+"`"); n != 1 {
				t.Errorf("the table has %s %d times", s.Name, n)
			}
			if n := strings.Count("\n"+example, "\n"+s.Name+"=") + strings.Count(example, "\n#"+s.Name+"="); n != 1 {
				t.Errorf("the example has %s %d times", s.Name, n)
			}
			if s.About == "" || s.Want == "" {
				t.Errorf("%s lacks a meaning or a rule", s.Name)
			}
		}
	}
}

// The example file may be read by every service: it must leave what differs per
// service alone, and its values must be the defaults.
func TestTheExampleFileChangesNoDefault(t *testing.T) {
	t.Run("email-worker", unchanged[emailworker.EmailWorker])
	t.Run("sms-worker", unchanged[smsworker.SMSWorker])
	t.Run("dlq-replayer", unchanged[dlqreplayer.DLQReplayer])
	t.Run("notifyctl", unchanged[notifyctl.Notifyctl])
}

func unchanged[T config.Settings](t *testing.T) {
	required := config.Env{
		"KAFKA_BOOTSTRAP_SERVERS": "localhost:9092", "MAILGUN_API_KEY": "k", "MAILGUN_DOMAIN": "d.example", "MAILGUN_FROM_EMAIL": "a@d.example",
	}
	example := config.Env{}
	for line := range strings.Lines(settingsdoc.DotEnv()) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(line, "#") {
			example[name] = value
			if value == "" {
				example[name] = required[name]
			}
		}
	}
	want, _, err := config.Load[T](required)
	if err != nil {
		t.Fatal(err)
	}
	got, warnings, err := config.Load[T](example)
	if err != nil || len(warnings) > 0 {
		t.Fatalf("err %v, warnings %q", err, warnings)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("with the example file\n%+v\nwithout it\n%+v", got, want)
	}
}

// A program warns of names that come close to one of its own. One environment
// serves all programs, so no setting of one may look like a mistyped setting of
// another.
func TestNoSettingLooksLikeAMistypedOneOfAnotherProgram(t *testing.T) {
	for _, program := range settingsdoc.Programs() {
		own := map[string]bool{}
		for _, s := range config.SettingsOf(program) {
			own[s.Name] = true
		}
		for _, other := range settingsdoc.Programs() {
			for _, s := range config.SettingsOf(other) {
				if meant, close := config.Closest(s.Name, own); close && !own[s.Name] {
					t.Errorf("%s would take %s of %s for a mistyped %s", program.Program().Name, s.Name, other.Program().Name, meant)
				}
			}
		}
	}
}
