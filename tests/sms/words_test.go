package sms

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// Exactly once does not know words. Texts are accepted, every answer is lost, and
// the worker dies; the next one has other texts in every language, another brand
// and another default. What was accepted is found again, and nothing is sent
// anew.
func TestExactlyOnceDoesNotKnowWords(t *testing.T) {
	t.Parallel()
	s := newSystem(t, harness.Config{Partitions: 2})
	lost := s.Script(sandbox.Rule{
		Match: sandbox.Match{Channel: sandbox.SMS}, Action: sandbox.Action{Type: script.AcceptThen, Ending: script.EndHang},
	})
	var events []harness.Event
	for i, locale := range strings.Fields("en de fr es it pt nl pl tr uk ar de_AT en-US tlh") {
		e := harness.NewSMS(fmt.Sprintf("words-%d", i), i)
		e["locale"], e["status"] = locale, []string{"confirmed", "rescheduled", "cancelled"}[i%3]
		events = append(events, e)
	}
	s.Publish(events...)
	worker := s.StartWorker(nil)
	harness.Await(t, 30*time.Second, "all are accepted", func() bool { return len(s.Accepts()) == len(events) })
	worker.Kill()
	s.Sandbox.Unscript(lost)

	settings := map[string]string{"MESSAGES_DIR": harness.OtherWords(t), "BRAND_NAME": "Otherwise", "DEFAULT_LOCALE": "fr", "LOCALE_ALIASES": "tlh:uk"}
	other := s.StartWorker(maps.Clone(settings))
	s.AwaitDone(time.Minute)
	if lost, doubled := s.Judge(events); lost != 0 || doubled != 0 {
		t.Errorf("lost %d, doubled %d", lost, doubled)
	}
	if n, letters := len(s.Accepts()), len(s.DeadLetters()); n != len(events) || letters != 0 {
		t.Errorf("%d accepted for %d events, %d dead letters", n, len(events), letters)
	}
	s.Publish(harness.NewSMS("later", 99))
	s.AwaitDone(time.Minute)
	all := s.Accepts()
	if said := all[len(all)-1].Text; !strings.Contains(said, "otherwise") || !other.Running() {
		t.Errorf("the second worker writes as the first did: %q", said)
	}
}
