package security

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tests/kafkatest"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
)

// grant creates the users with the rights that are declared, as an operator does.
func grant(t *testing.T, source string) {
	t.Helper()
	folder := t.TempDir()
	for _, identity := range declaredFor(source) {
		if err := os.WriteFile(filepath.Join(folder, identity.User), []byte(passwordOf(identity.User)+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ensure := []string{
		"rights", "ensure", "--passwords", folder, "--django-group", source + "-django",
		"--group", "email=" + source, "--group", "sms=" + source + "-sms",
	}
	for _, want := range []string{"+", "="} { // The second time there is nothing to do.
		code, said := notifyctl(t, workerSettings(t, source), ensure...)
		if code != 0 || !strings.Contains(said, "\n"+want+" email-worker   topic "+source+": Describe, DescribeConfigs, Read\n") {
			t.Fatalf("rights ensure ended with %d:\n%s", code, said)
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
	asWorker := all.with(settings{"KAFKA_SASL_USERNAME": worker, "KAFKA_SASL_PASSWORD": passwordOf(worker), "MAILGUN_API_BASE_URL": provider.url, "RECEIPTS_POLL_SECONDS": "1"})
	asReplayer := all.with(settings{"KAFKA_SASL_USERNAME": replayer, "KAFKA_SASL_PASSWORD": passwordOf(replayer)})

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
	page := serveConsole(t, asReplayer.with(settings{"CONSOLE_ADDR": "127.0.0.1:0"}))
	harness.Await(t, time.Minute, "the ledgers' word in a preview", func() bool { return strings.Contains(page("/replay"), "The ledgers say: 1 to send.") })
	if story := page("/appointments/a-1"); !strings.Contains(story, "Accepted by the provider") || strings.Contains(story, "@patients") {
		t.Errorf("the story of a-1 is\n%s", story)
	}
	harness.Await(t, time.Minute, "the receipt of a-1", func() bool {
		_, said := notifyctl(t, all, "status", "--appointment", "a-1")
		return strings.Contains(said, "DELIVERED")
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
	// A program has no rights that it does not need.
	for user, s := range map[string]settings{worker: asWorker, replayer: asReplayer} {
		code, said := notifyctl(t, s, "publish", "--email", "mara.lind@patients.example")
		if code == 0 || !strings.Contains(said, "AUTHORIZATION_FAILED") {
			t.Errorf("%s publishes events: %d\n%s", user, code, said)
		}
	}
}

// serveConsole returns what gets a page of a console.
func serveConsole(t *testing.T, s settings) func(path string) string {
	t.Helper()
	serve := harness.Start(t, binaries.Path(t, "services/dlq-replayer"), s, "serve")
	address := regexp.MustCompile(`"console":"([^"]+)"`)
	harness.Await(t, time.Minute, "a console", func() bool { return address.MatchString(serve.Log()) })
	url := "http://" + address.FindStringSubmatch(serve.Log())[1]
	return func(path string) string {
		answer, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
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
