package rights_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/plain"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/rights"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
)

func declared() []rights.Identity {
	return rights.Config{
		Topics: topics.Config{
			Source: "appointments.created", DLQ: "appointments.created.dlq", Outcomes: "notifications.outcomes",
			Replay: "appointments.created.replay.{channel}", Ledger: "notifications.{channel}.ledger",
		},
		DjangoGroup: "appointments-django",
	}.Identities()
}

// admin returns a client that may do everything.
func admin(t *testing.T) *kgo.Client {
	t.Helper()
	kafka, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.EnableACLs(), kfake.Superuser("PLAIN", "admin", "admin"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kafka.Close)
	client, err := kgo.NewClient(kgo.SeedBrokers(kafka.ListenAddrs()...), kgo.SASL(plain.Auth{User: "admin", Pass: "admin"}.AsMechanism()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// signs counts the lines of a diff by their sign.
func signs(d rights.Diff) map[byte]int {
	counted := map[byte]int{}
	for _, c := range d {
		counted[c.Sign]++
	}
	return counted
}

func TestEnsureGrantsWhatIsMissingAndThenNothing(t *testing.T) {
	e := rights.Ensurer{Client: admin(t)}
	dry := e
	dry.DryRun = true
	ensure := func(e rights.Ensurer) rights.Diff {
		t.Helper()
		diff, err := e.Ensure(t.Context(), declared())
		if err != nil {
			t.Fatal(err)
		}
		return diff
	}
	for range 2 { // A dry run changes nothing.
		if got := signs(ensure(dry)); got['+'] < 20 || len(got) != 1 {
			t.Fatalf("a dry run on an empty cluster says %v", got)
		}
	}
	first := ensure(e)
	if got := signs(first); got['+'] != len(first) {
		t.Errorf("the first run:\n%s", first)
	}
	if second := ensure(e); !second.Empty() {
		t.Errorf("the second run:\n%s", second)
	}
}

func TestOnlyTheRightsOfDeclaredUsersAreTakenAway(t *testing.T) {
	e := rights.Ensurer{Client: admin(t)}
	for _, user := range []string{"email-worker", "somebody"} {
		write := kadm.NewACLs().Allow("User:" + user).AllowHosts("*").ResourcePatternType(kadm.ACLPatternLiteral).
			Topics("appointments.created").Operations(kadm.OpWrite)
		if _, err := kadm.NewClient(e.Client).CreateACLs(t.Context(), write); err != nil {
			t.Fatal(err)
		}
	}
	holds := func(user string) bool {
		request := kmsg.NewPtrDescribeACLsRequest()
		request.ResourceType, request.ResourcePatternType = kmsg.ACLResourceTypeTopic, kmsg.ACLResourcePatternTypeLiteral
		request.ResourceName, request.Principal = kmsg.StringPtr("appointments.created"), kmsg.StringPtr("User:"+user)
		request.Operation, request.PermissionType = kmsg.ACLOperationWrite, kmsg.ACLPermissionTypeAllow
		response, err := request.RequestWith(t.Context(), e.Client)
		if err != nil {
			t.Fatal(err)
		}
		return len(response.Resources) > 0
	}
	diff, err := e.Ensure(t.Context(), declared())
	if err != nil || signs(diff)['?'] != 1 || !strings.Contains(diff.String(), "? email-worker   topic appointments.created: Write\n") || !holds("email-worker") {
		t.Errorf("without prune: %v, held %t\n%s", err, holds("email-worker"), diff)
	}
	e.Prune = true
	diff, err = e.Ensure(t.Context(), declared())
	if err != nil || signs(diff)['-'] != 1 || holds("email-worker") || !holds("somebody") {
		t.Errorf("with prune: %v, held %t, somebody's %t\n%s", err, holds("email-worker"), holds("somebody"), diff)
	}
	if diff, err = e.Ensure(t.Context(), declared()); err != nil || !diff.Empty() {
		t.Errorf("afterwards: %v\n%s", err, diff)
	}
}

func TestAUserIsCreatedOnceAndItsPasswordFollows(t *testing.T) {
	e := rights.Ensurer{Client: admin(t)}
	current := ""
	login := func(_ context.Context, _, password string) (bool, error) { return password == current, nil }
	for _, step := range []struct {
		password string
		sign     byte
	}{{"first", '+'}, {"first", '='}, {"second", '~'}, {"second", '='}} {
		diff, err := e.EnsureUsers(t.Context(), map[string]string{"email-worker": step.password}, login)
		if err != nil || len(diff) != 1 || diff[0].Sign != step.sign {
			t.Fatalf("password %s: %v\n%s", step.password, err, diff)
		}
		if strings.Contains(diff.String(), step.password) {
			t.Errorf("a password is shown:\n%s", diff)
		}
		current = step.password
	}
	unsure := func(context.Context, string, string) (bool, error) { return false, errors.New("no answer") }
	if diff, err := e.EnsureUsers(t.Context(), map[string]string{"email-worker": "third"}, unsure); err == nil || diff[0].Sign != '!' {
		t.Errorf("a password that cannot be compared: %v\n%s", err, diff)
	}
}

// The declaration keeps the promises of the documents.
func TestNobodyMayWriteWhatIsNotTheirs(t *testing.T) {
	for _, identity := range declared() {
		for _, g := range identity.Grants {
			if g.Operation != kadm.OpWrite || g.Kind != kmsg.ACLResourceTypeTopic {
				continue
			}
			writers := map[string][]string{
				"appointments.created":       {"django"},
				"appointments.created.dlq":   {"email-worker", "sms-worker"},
				"notifications.email.ledger": {"email-worker"}, "notifications.sms.ledger": {"sms-worker"},
				"notifications.outcomes":            {"email-worker", "sms-worker"},
				"appointments.created.replay.email": {"dlq-replayer"}, "appointments.created.replay.sms": {"dlq-replayer"},
				"notifications.dlq.resolutions": {"email-worker", "sms-worker", "dlq-replayer"},
				"notifications.audit":           {"dlq-replayer"},
			}[g.Name]
			if !slices.Contains(writers, identity.User) {
				t.Errorf("%s may write %s", identity.User, g.Name)
			}
		}
	}
}
