package receipts

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// The worker dies when all is sent and nothing was heard of it: its successor knows what
// it has to ask for from the topic alone.
func TestAWorkerThatDiesLosesNoReceipt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		channel  string
		settings map[string]string
	}{
		"e-mail by events": {sandbox.Email, map[string]string{"MAILGUN_LOOKUP_API": "events"}},
		"e-mail by logs":   {sandbox.Email, map[string]string{"MAILGUN_LOOKUP_API": "logs"}},
		"SMS":              {sandbox.SMS, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSystem(t, c.channel, c.settings)
			s.Sandbox.SetDelivery(c.channel, 4*time.Second)
			s.Publish(hundred(s)...)
			worker := s.StartWorker(nil)
			harness.Await(t, time.Minute, "all are sent", func() bool { return accepted(s) == 100 })
			worker.Kill()
			worker = s.StartWorker(nil)
			begin := time.Now()
			found := awaitReceipts(s, 100, time.Minute)
			t.Logf("all receipts %s after the start", time.Since(begin).Round(100*time.Millisecond))
			if got := count(found); fmt.Sprint(got) != "map[delivered:90 undelivered:10]" {
				t.Errorf("%v", got)
			}
			for _, r := range found {
				if bounced := strings.HasPrefix(r.Appointment, "bounces"); bounced != (r.Outcome == "undelivered") || bounced != (r.Reason != "" && r.Code != "") {
					t.Errorf("%+v", r)
				}
			}
			if n := accepted(s); n != 100 {
				t.Errorf("%d sent", n)
			}
			// The next start finds nothing that waits.
			worker.Kill()
			again := s.StartWorker(nil)
			harness.Await(t, time.Minute, "the outcomes are read again, and nothing waits", func() bool {
				code, body := again.Health("/status")
				return code == http.StatusOK && strings.Contains(string(body), `"loading": 0`) && strings.Contains(string(body), `"waiting": 0`) &&
					strings.Contains(string(body), `"sections": 3`)
			})
			if all := s.Read(s.Outcomes()); len(all) < 200 || len(all) > 300 {
				t.Errorf("%d records for 100 messages", len(all))
			}
		})
	}
}

// A bounce that follows is written over delivered, also by a worker that was not there
// when it was delivered; a complaint stands beside.
func TestABounceThatComesLateIsToldAfterARestart(t *testing.T) {
	t.Parallel()
	s := newSystem(t, sandbox.Email, nil)
	s.Script(sandbox.Rule{Match: sandbox.Match{Recipient: "late-*"}, Action: sandbox.Action{Type: script.Fate, Ending: script.LateBounce, Delay: 12 * time.Second}})
	s.Script(sandbox.Rule{Match: sandbox.Match{Recipient: "angry-*"}, Action: sandbox.Action{Type: script.Fate, Ending: script.Complained, Delay: 12 * time.Second}})
	s.Publish(append(harness.Events("late", 5), harness.Events("angry", 5)...)...)
	worker := s.StartWorker(nil)
	if got := count(awaitReceipts(s, 10, time.Minute)); got["delivered"] != 10 {
		t.Errorf("%v", got)
	}
	worker.Kill()
	s.StartWorker(nil)
	if got := count(awaitReceipts(s, 20, time.Minute)); fmt.Sprint(got) != "map[complained:5 delivered:10 undelivered:5]" {
		t.Errorf("%v", got)
	}
}

// Sends whose answer was lost become dead letters while the provider cannot be asked.
// Once receipts name their messages they are resolved, without a call and without a
// person.
func TestReceiptsResolveDeadLetters(t *testing.T) {
	t.Parallel()
	s := newSystem(t, sandbox.Email, nil)
	s.Sandbox.SetDelivery(sandbox.Email, 20*time.Second) // none before they are dead letters
	refusal := s.Script(sandbox.Rule{Match: sandbox.Match{Kind: "lookup"}, Action: sandbox.Action{Type: script.Answer, Status: http.StatusUnauthorized}})
	s.Script(sandbox.Rule{Match: sandbox.Match{Channel: sandbox.Email, Every: 10}, Action: sandbox.Action{Type: script.AcceptThen, Ending: script.EndReset}})
	s.Publish(harness.Events("doubt", 100)...)
	worker := s.StartWorker(nil)
	s.AwaitDone(time.Minute)
	letters := len(s.DeadLetters())
	if letters != 10 {
		t.Fatalf("%d dead letters, want 10", letters)
	}
	worker.Kill()
	s.Sandbox.Unscript(refusal)
	s.StartWorker(nil)
	found := awaitReceipts(s, 100, time.Minute)
	_, outcomes := read(s)
	proven := 0
	for _, o := range outcomes {
		if o.Outcome == "sent" && o.DeadLetter != "" {
			proven++
		}
	}
	if got := count(found); got["delivered"] != 100 || proven != letters {
		t.Errorf("%v, %d of %d dead letters are told as sent", got, proven, letters)
	}
	list := harness.Start(t, binaries.Path(t, "services/dlq-replayer"), s.Settings(), "list", "-o", "json")
	if code := list.Wait(time.Minute); code != 0 || strings.Contains(list.Log(), "unknown_outcome") {
		t.Errorf("ended with %d, open are\n%s", code, list.Log())
	}
	if n := accepted(s); n != 100 {
		t.Errorf("%d sent", n)
	}
}

// While the topic takes nothing for half a minute receipts wait; all are told afterwards.
func TestReceiptsThatCannotBeWrittenAreToldLater(t *testing.T) {
	t.Parallel()
	s := newSystem(t, sandbox.Email, nil)
	s.Sandbox.SetDelivery(sandbox.Email, 15*time.Second)
	worker := s.StartWorker(nil)
	s.Publish(hundred(s)...)
	s.AwaitDone(time.Minute)
	s.Refuse(s.Outcomes())
	begin := time.Now()
	harness.Await(t, time.Minute, "the worker says so", func() bool {
		code, body := worker.Health("/readyz")
		return code == http.StatusServiceUnavailable && strings.Contains(string(body), s.Outcomes())
	})
	select {
	case <-time.After(30*time.Second - time.Since(begin)):
	case <-t.Context().Done():
	}
	s.Take(s.Outcomes())
	if got := count(awaitReceipts(s, 100, time.Minute)); fmt.Sprint(got) != "map[delivered:90 undelivered:10]" {
		t.Errorf("%v", got)
	}
	worker.AwaitReady(t)
}
