package sms

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// One number that our sender cannot reach, among 320 that it can. Twilio's answer
// might as well be about the sender.
func TestOneRefusedNumberAmongManyHaltsNobody(t *testing.T) {
	t.Parallel()
	s := newSystem(t, harness.Config{Partitions: 6})
	const bad = "+447700900123"
	s.Script(sandbox.Rule{Match: sandbox.Match{Channel: sandbox.SMS, Recipient: bad}, Action: sandbox.Action{Type: script.Answer, Code: 21606}})
	refused := harness.NewSMS("refused", 0)
	refused["phone_e164"] = bad
	events := []harness.Event{refused}
	for i := range 320 {
		events = append(events, harness.NewSMS(fmt.Sprintf("good-%d", i), i+1))
	}
	s.Publish(events...)
	worker := s.StartWorker(nil)
	s.AwaitDone(time.Minute)
	if lost, doubled := s.Judge(events[1:]); lost != 0 || doubled != 0 {
		t.Errorf("lost %d, doubled %d", lost, doubled)
	}
	letters := s.DeadLetters()
	if len(letters) != 1 || harness.Header(letters[0], "dlq-error-class") != "recipient_rejected" || harness.Header(letters[0], "dlq-error-code") != "twilio.21606" {
		t.Errorf("%d dead letters, want the refused number's as recipient_rejected", len(letters))
	}
	calls, err := s.Sandbox.Requests(s.Channel)
	if err != nil || len(calls) > 330 {
		t.Errorf("%d calls, %v", len(calls), err)
	}
	if log := worker.Log(); strings.Contains(log, "sending halted") || !strings.Contains(log, "recipient.ambiguous") {
		t.Error("the log has a halt, or no alert")
	}
}
