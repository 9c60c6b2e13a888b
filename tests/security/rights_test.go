package security

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tests/kafkatest"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
)

// grant gives the two programs the rights of docs/OPERATIONS.md, and no more.
func grant(t *testing.T, source string) {
	t.Helper()
	client, err := broker.admin()
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	const (
		resolutions, audit = "notifications.dlq.resolutions", "notifications.audit"
		look, settings     = kadm.OpDescribe, kadm.OpDescribeConfigs
		read, write        = kadm.OpRead, kadm.OpWrite
	)
	dlq, ledger, outcomes, toEmail, toSMS := source+".dlq", source+".ledger.email", source+".outcomes", source+".replay.email", source+".replay.sms"
	topics := func(user string, topics []string, operations ...kadm.ACLOperation) *kadm.ACLBuilder {
		return kadm.NewACLs().Allow("User:" + user).AllowHosts("*").ResourcePatternType(kadm.ACLPatternLiteral).Topics(topics...).Operations(operations...)
	}
	group := func(user, group string) *kadm.ACLBuilder {
		return kadm.NewACLs().Allow("User:" + user).AllowHosts("*").ResourcePatternType(kadm.ACLPatternLiteral).Groups(group).Operations(read)
	}
	for _, b := range []*kadm.ACLBuilder{
		topics(worker, []string{source, toEmail, ledger, dlq, outcomes, resolutions}, look, settings),
		topics(worker, []string{source, toEmail, ledger, outcomes}, read),
		topics(worker, []string{ledger, dlq, outcomes, resolutions}, write),
		group(worker, source),
		group(worker, source+"-receipts"),
		topics(replayer, []string{dlq, toEmail, toSMS, resolutions, audit}, look, settings),
		topics(replayer, []string{dlq, resolutions}, read),
		topics(replayer, []string{toEmail, toSMS, resolutions, audit}, write),
		group(replayer, "dlq-replayer"),
		kadm.NewACLs().Allow("User:"+replayer).AllowHosts("*").ResourcePatternType(kadm.ACLPatternLiteral).TransactionalIDs("dlq-replayer").Operations(look, write),
	} {
		if _, err := kadm.NewClient(client).CreateACLs(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEachProgramWorksWithTheRightsThatAreDocumented(t *testing.T) {
	t.Parallel()
	source := kafkatest.Unique(t, "a")
	all := workerSettings(t, source)
	if code, said := notifyctl(t, all, "topics", "ensure"); code != 0 {
		t.Fatalf("topics ensure ended with %d:\n%s", code, said)
	}
	grant(t, source)
	provider := serveProvider(t)
	asWorker := all.with(settings{"KAFKA_SASL_USERNAME": worker, "KAFKA_SASL_PASSWORD": workerPassword, "MAILGUN_API_BASE_URL": provider.url})
	asReplayer := all.with(settings{"KAFKA_SASL_USERNAME": replayer, "KAFKA_SASL_PASSWORD": replayerPassword})

	refusal, err := provider.Script(sandbox.Rule{Match: sandbox.Match{Recipient: "refused@*"}, Action: sandbox.Action{
		Type: "answer", Status: 400, Body: `{"message":"'to' parameter is not a valid address. please check documentation"}`,
	}})
	if err != nil {
		t.Fatal(err)
	}
	for id, address := range map[string]string{"a-1": "mara.lind@patients.example", "a-2": "refused@patients.example"} {
		if code, said := notifyctl(t, all, "publish", "--id", id, "--email", address); code != 0 {
			t.Fatalf("publish ended with %d:\n%s", code, said)
		}
	}
	started := harness.Start(t, binaries.Path(t, "services/email-worker"), asWorker)
	harness.Await(t, time.Minute, "one e-mail sent, one refused", func() bool {
		email := provider.Stats().Email
		return email.Accepted == 1 && email.Refused == 1
	})
	provider.Unscript(refusal)
	harness.Await(t, time.Minute, "the dead letter is replayed", func() bool {
		replay := harness.Start(t, binaries.Path(t, "services/dlq-replayer"), asReplayer, "replay", "--channel", "email", "--yes", "--reason", "repaired")
		code := replay.Wait(time.Minute)
		if code != 0 {
			t.Fatalf("replay ended with %d:\n%s", code, replay.Log())
		}
		return provider.Stats().Email.Accepted == 2
	})
	if code, _ := started.Terminate(30 * time.Second); code != 0 {
		t.Errorf("the worker ended with %d", code)
	}
	// Its dead letter is closed: the resolution was written by both programs.
	_, told := notifyctl(t, all, "status", "--appointment", "a-2")
	if !strings.Contains(told, "SENT") || !strings.Contains(told, "closed") || !strings.Contains(told, "sent at ") || strings.Contains(told, "refused@") {
		t.Errorf("notifyctl status says\n%s", told)
	}
	// What a program has no need of it has no right to.
	for user, s := range map[string]settings{worker: asWorker, replayer: asReplayer} {
		code, said := notifyctl(t, s, "publish", "--email", "mara.lind@patients.example")
		if code == 0 || !strings.Contains(said, "AUTHORIZATION_FAILED") {
			t.Errorf("%s publishes events: %d\n%s", user, code, said)
		}
	}
}

type provider struct {
	*sandbox.Sandbox
	url string
}

func serveProvider(t *testing.T) provider {
	t.Helper()
	s, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		_ = s.Close()
		server.Close()
	})
	return provider{s, server.URL}
}
