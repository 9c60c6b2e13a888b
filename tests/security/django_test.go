package security

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tests/kafkatest"
)

// TestTheDjangoPackageWorksWithTheRightsThatAreDocumented gives the package the
// rights of docs/OPERATIONS.md one after the other, and sees what it says
// without them.
func TestTheDjangoPackageWorksWithTheRightsThatAreDocumented(t *testing.T) {
	t.Parallel()
	const user = "django"
	password := passwordOf(user) // Another test gives this user the same.
	source := kafkatest.Unique(t, "d")
	all := workerSettings(t, source)
	if code, said := notifyctl(t, all, "topics", "ensure"); code != 0 {
		t.Fatalf("topics ensure ended with %d:\n%s", code, said)
	}
	admin := administrator(t)
	altered, err := admin.AlterUserSCRAMs(t.Context(), nil, []kadm.UpsertSCRAM{{User: user, Mechanism: kadm.ScramSha512, Iterations: 4096, Password: password}})
	if err != nil || altered.Error() != nil {
		t.Fatal(err, altered.Error())
	}
	project := all.with(settings{
		"KAFKA_SASL_USERNAME": user, "KAFKA_SASL_PASSWORD": password, "OUTCOMES_GROUP": source,
		"TEST_DATABASE_FOLDER": t.TempDir(), "DELIVERY_TIMEOUT_SECONDS": "5",
	})
	manage(t, project, 0, "migrate", "--run-syncdb", "-v0")
	manage(t, project, 0, "change_appointments", "--threads", "1", "--appointments", "2", "--changes", "2", "--seconds", "0")

	wrong := project.with(settings{"KAFKA_SASL_PASSWORD": "wrong"})
	if said := manage(t, wrong, 1, "relay_notifications", "--once"); !strings.Contains(said, "Kafka refuses: _AUTHENTICATION") {
		t.Errorf("with a wrong password it says\n%s", said)
	}
	if said := manage(t, project, 1, "relay_notifications", "--once"); !strings.Contains(said, "Kafka refuses: TOPIC_AUTHORIZATION_FAILED") {
		t.Errorf("without rights it says\n%s", said)
	}
	allow := func(b *kadm.ACLBuilder) {
		t.Helper()
		b = b.Allow("User:" + user).AllowHosts("*").ResourcePatternType(kadm.ACLPatternLiteral)
		if _, err := admin.CreateACLs(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	allow(kadm.NewACLs().Topics(source).Operations(kadm.OpDescribe, kadm.OpWrite))
	manage(t, project, 0, "relay_notifications", "--once")
	allow(kadm.NewACLs().Topics(source+".outcomes").Operations(kadm.OpDescribe, kadm.OpRead))
	allow(kadm.NewACLs().Groups(source).Operations(kadm.OpRead))
	manage(t, project, 0, "consume_outcomes", "--once")
}

// administrator returns a client that may do everything.
func administrator(t *testing.T) *kadm.Client {
	t.Helper()
	client, err := broker.admin()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return kadm.NewClient(client)
}

// manage runs a command of the Django tests' project and returns what it said.
func manage(t *testing.T, s settings, want int, args ...string) string {
	t.Helper()
	root := harness.Root(t)
	python := filepath.Join(root, ".build/venv/bin/python")
	if _, err := os.Stat(python); err != nil {
		t.Fatalf("run tools/testenv/django: %v", err)
	}
	process := harness.Start(t, python, s, append([]string{filepath.Join(root, "clients/django/tests/manage.py")}, args...)...)
	if code := process.Wait(2 * time.Minute); code != want {
		t.Fatalf("%v ended with %d:\n%s", args, code, process.Log())
	}
	return process.Log()
}
