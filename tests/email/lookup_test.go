package email

import (
	"net/http"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// losing returns a system in which one answer in twenty to a send is lost after
// Mailgun accepted the message, and a worker on it. The key that sends can do
// nothing else.
func losing(t *testing.T, name string, rules ...sandbox.Rule) (*harness.System, *harness.Process, []harness.Event) {
	t.Helper()
	account := sandbox.Options{MailgunKey: "test-key", MailgunReadKey: "test-read-key", MailgunDomain: "mg.clinic.example"}
	s := newSystem(t, harness.Config{Partitions: 2, Sandbox: account})
	for _, r := range rules {
		s.Script(r)
	}
	s.Script(sandbox.Rule{
		Match:  sandbox.Match{Channel: sandbox.Email, Every: 20},
		Action: sandbox.Action{Type: script.AcceptThen, Ending: script.EndReset},
	})
	events := harness.Events(name, 200)
	s.Publish(events...)
	return s, s.StartWorker(map[string]string{"MAILGUN_READ_API_KEY": "test-read-key"}), events
}

// refusing answers look-ups by the API with the status.
func refusing(api string, status int) sandbox.Rule {
	return sandbox.Rule{Match: sandbox.Match{Kind: "lookup", API: api}, Action: sandbox.Action{Type: script.Answer, Status: status}}
}

func TestDoubtsAreResolvedByTheLogsOnceTheEventsAreGone(t *testing.T) {
	t.Parallel()
	s, worker, events := losing(t, "gone", refusing(script.Events, http.StatusGone))
	s.AwaitDone(time.Minute)
	if lost, doubled := s.Judge(events); lost != 0 || doubled != 0 {
		t.Errorf("lost %d, doubled %d", lost, doubled)
	}
	if n := len(s.DeadLetters()); n != 0 || !worker.Running() {
		t.Errorf("%d dead letters, running %t", n, worker.Running())
	}
	if n := s.Sandbox.Stats().Email.Accepted; n != len(events) {
		t.Errorf("%d accepted for %d events", n, len(events))
	}
}

func TestDoubtsThatNeitherWayCanBeAskedAboutAreForAPerson(t *testing.T) {
	t.Parallel()
	s, worker, events := losing(t, "refused", refusing(script.Events, http.StatusGone), refusing(script.Logs, http.StatusUnauthorized))
	s.AwaitDone(time.Minute)
	if lost, doubled := s.Judge(events); lost != 0 || doubled != 0 {
		t.Errorf("lost %d, doubled %d", lost, doubled)
	}
	letters := s.DeadLetters()
	if len(letters) != len(events)/20 {
		t.Errorf("%d dead letters for %d lost answers", len(letters), len(events)/20)
	}
	for _, r := range letters {
		if class, code := harness.Header(r, "dlq-error-class"), harness.Header(r, "dlq-error-code"); class != "unknown_outcome" || code != "mailgun.lookup.410" {
			t.Errorf("dead letter %s %s", class, code)
		}
	}
	if alerts := worker.Alerts(); alerts["mailgun.lookup.410"] == 0 {
		t.Errorf("alerts %v", alerts)
	}
}

func TestLookUpsThatFailBothWaysAreAnOutage(t *testing.T) {
	t.Parallel()
	broken := []sandbox.Rule{refusing(script.Events, http.StatusServiceUnavailable), refusing(script.Logs, http.StatusInternalServerError)}
	broken[0].ID, broken[1].ID = "events", "logs"
	s, worker, events := losing(t, "broken", broken...)
	harness.Await(t, time.Minute, "all accepted, doubts asked about both ways", func() bool {
		rules, asked := s.Sandbox.Rules(), 0
		for _, r := range rules {
			if r.Rule.Match.Kind == "lookup" && r.Fired >= len(events)/20 {
				asked++
			}
		}
		return asked == 2 && s.Sandbox.Stats().Email.Accepted == len(events)
	})
	// Longer than the settle and visibility times together.
	<-time.After(6 * time.Second)
	if n := len(s.DeadLetters()); n != 0 || s.Lag() == 0 {
		t.Errorf("%d dead letters, lag %d: an outage proves nothing", n, s.Lag())
	}
	s.Sandbox.Unscript("events")
	s.Sandbox.Unscript("logs")
	s.AwaitDone(2 * time.Minute)
	if lost, doubled := s.Judge(events); lost != 0 || doubled != 0 {
		t.Errorf("lost %d, doubled %d", lost, doubled)
	}
	if n := len(s.DeadLetters()); n != 0 || !worker.Running() {
		t.Errorf("%d dead letters, running %t", n, worker.Running())
	}
}
