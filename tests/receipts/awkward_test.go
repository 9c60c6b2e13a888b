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

// distort makes every nth look-up awkward in a way; 1 makes all.
func distort(m sandbox.Match, every int, ending string) sandbox.Rule {
	m.Kind, m.Every = "lookup", every
	return sandbox.Rule{Match: m, Action: sandbox.Action{Type: script.Distort, Ending: ending}}
}

// Mailgun's events are gone. Its logs name pages as their own next ones, show rows only
// in pages that were read already, and leave out what they may.
func TestAwkwardLogsHideNoReceipt(t *testing.T) {
	t.Parallel()
	s := newSystem(t, sandbox.Email, map[string]string{"MAILGUN_LOOKUP_API": "auto"})
	s.Script(sandbox.Rule{Match: sandbox.Match{Kind: "lookup", API: script.Events}, Action: sandbox.Action{Type: script.Answer, Status: http.StatusGone}})
	logs := sandbox.Match{API: script.Logs}
	s.Script(distort(logs, 7, script.RepeatToken))
	s.Script(distort(logs, 3, script.Withhold))
	s.Script(distort(logs, 2, script.Brackets))
	s.Script(distort(logs, 1, script.NullFields))
	s.Publish(hundred(s)...)
	worker := s.StartWorker(nil)
	if got := count(awaitReceipts(s, 100, 2*time.Minute)); fmt.Sprint(got) != "map[delivered:90 undelivered:10]" {
		t.Errorf("%v", got)
	}
	if alerts := worker.Alerts(); alerts["mailgun.receipts.410"] != 0 || accepted(s) != 100 {
		t.Errorf("alerts %v, %d sent: Logs tell all", alerts, accepted(s))
	}
}

// Twilio is asked for many messages by its list, which does not show those that never
// left; they are asked about one by one.
func TestAnAwkwardListHidesNoReceipt(t *testing.T) {
	t.Parallel()
	s := newSystem(t, sandbox.SMS, map[string]string{"RECEIPTS_POLL_SECONDS": "3"})
	texts := sandbox.Match{Channel: sandbox.SMS}
	s.Script(distort(texts, 7, script.RepeatToken))
	s.Script(distort(texts, 3, script.Withhold))
	s.Script(distort(texts, 1, script.NullFields))
	s.Script(fate("+1555999*", script.Unsent))
	var events []harness.Event
	for i := range 300 {
		e := harness.NewSMS(fmt.Sprintf("text-%d", i), i)
		if i%30 == 0 {
			e["phone_e164"] = fmt.Sprintf("+1555999%04d", i)
		}
		events = append(events, e)
	}
	s.Publish(events...)
	s.StartWorker(nil)
	if got := count(awaitReceipts(s, 300, 2*time.Minute)); fmt.Sprint(got) != "map[delivered:290 undelivered:10]" {
		t.Errorf("%v", got)
	}
	requests, err := s.Sandbox.Requests(sandbox.SMS)
	if err != nil {
		t.Fatal(err)
	}
	lists := 0
	for _, r := range requests {
		if strings.Contains(r.Query, "DateSent%3E") {
			lists++
		}
	}
	if lists == 0 || accepted(s) != 300 {
		t.Errorf("%d pages of lists, %d sent", lists, accepted(s))
	}
}
