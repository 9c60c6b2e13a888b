package configdoc_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config/configdoc"
)

func TestEverySettingIsDocumentedOnce(t *testing.T) {
	table, example := configdoc.Markdown(), configdoc.DotEnv()
	for _, program := range config.Programs() {
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
	t.Run("email-worker", unchanged[config.EmailWorker])
	t.Run("sms-worker", unchanged[config.SMSWorker])
	t.Run("dlq-replayer", unchanged[config.DLQReplayer])
	t.Run("notifyctl", unchanged[config.Notifyctl])
}

func unchanged[T config.Settings](t *testing.T) {
	required := config.Env{
		"KAFKA_BOOTSTRAP_SERVERS": "localhost:9092", "MAILGUN_API_KEY": "k", "MAILGUN_DOMAIN": "d.example", "MAILGUN_FROM_EMAIL": "a@d.example",
	}
	example := config.Env{}
	for line := range strings.Lines(configdoc.DotEnv()) {
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
