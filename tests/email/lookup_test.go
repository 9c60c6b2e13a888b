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
func losing(t *testing.T, name string, n int, rules ...sandbox.Rule) (*harness.System, *harness.Process, []harness.Event) {
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
	events := harness.Events(name, n)
	s.Publish(events...)
	return s, s.StartWorker(map[string]string{"MAILGUN_READ_API_KEY": "test-read-key", "MAILGUN_TIMEOUT_SECONDS": "2"}), events
}

// refusing answers look-ups by the API with the status.
func refusing(api string, status int) sandbox.Rule {
	return sandbox.Rule{Match: sandbox.Match{Kind: "lookup", API: api}, Action: sandbox.Action{Type: script.Answer, Status: status}}
}

func TestDoubtsAreResolvedByTheLogsOnceTheEventsAreGone(t *testing.T) {
	t.Parallel()
	s, worker, events := losing(t, "gone", 200, refusing(script.Events, http.StatusGone))
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
	for name, c := range map[string]struct {
		events, logs int
		code         string
	}{
		"events gone, logs not for the key": {http.StatusGone, http.StatusUnauthorized, "mailgun.lookup.410"},
		"neither for the key":               {http.StatusUnauthorized, http.StatusForbidden, "mailgun.lookup.401"},
		"neither there":                     {http.StatusNotFound, http.StatusGone, "mailgun.lookup.404"},
		"forbidden, and not there":          {http.StatusForbidden, http.StatusNotFound, "mailgun.lookup.403"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, worker, events := losing(t, "refused", 100, refusing(script.Events, c.events), refusing(script.Logs, c.logs))
			s.AwaitDone(time.Minute)
			if lost, doubled := s.Judge(events); lost != 0 || doubled != 0 {
				t.Errorf("lost %d, doubled %d", lost, doubled)
			}
			letters := s.DeadLetters()
			if len(letters) != len(events)/20 {
				t.Errorf("%d dead letters for %d lost answers", len(letters), len(events)/20)
			}
			for _, r := range letters {
				if class, code := harness.Header(r, "dlq-error-class"), harness.Header(r, "dlq-error-code"); class != "unknown_outcome" || code != c.code {
					t.Errorf("dead letter %s %s", class, code)
				}
			}
			if alerts := worker.Alerts(); alerts[c.code] == 0 {
				t.Errorf("alerts %v", alerts)
			}
		})
	}
}

func TestLookUpsThatFailBothWaysAreAnOutage(t *testing.T) {
	t.Parallel()
	hang := func(api string) sandbox.Rule {
		return sandbox.Rule{Match: sandbox.Match{Kind: "lookup", API: api}, Action: sandbox.Action{Type: script.Hang}}
	}
	for name, rules := range map[string][]sandbox.Rule{
		"errors":   {refusing(script.Events, http.StatusServiceUnavailable), refusing(script.Logs, http.StatusInternalServerError)},
		"limits":   {refusing(script.Events, http.StatusTooManyRequests), refusing(script.Logs, http.StatusTooManyRequests)},
		"timeouts": {hang(script.Events), hang(script.Logs)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules[0].ID, rules[1].ID = "events", "logs"
			outage(t, rules)
		})
	}
}

// outage is a time in which Mailgun answers look-ups by the rules.
func outage(t *testing.T, rules []sandbox.Rule) {
	t.Helper()
	s, worker, events := losing(t, "broken", 100, rules...)
	harness.Await(t, time.Minute, "all accepted, doubts asked about both ways", func() bool {
		asked := 0
		for _, r := range s.Sandbox.Rules() {
			if r.Rule.Match.Kind == "lookup" && r.Fired >= len(events)/20 {
				asked++
			}
		}
		return asked == len(rules) && s.Sandbox.Stats().Email.Accepted == len(events)
	})
	// Longer than the settle and visibility times together.
	<-time.After(6 * time.Second)
	if n := len(s.DeadLetters()); n != 0 || s.Lag() == 0 {
		t.Errorf("%d dead letters, lag %d: an outage proves nothing", n, s.Lag())
	}
	for _, r := range rules {
		s.Sandbox.Unscript(r.ID)
	}
	s.AwaitDone(2 * time.Minute)
	if lost, doubled := s.Judge(events); lost != 0 || doubled != 0 {
		t.Errorf("lost %d, doubled %d", lost, doubled)
	}
	if n := len(s.DeadLetters()); n != 0 || !worker.Running() {
		t.Errorf("%d dead letters, running %t", n, worker.Running())
	}
}
