package harness

import (
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// ChangeWords is the story of a worker that dies after all its messages were accepted and
// all answers lost. The next worker has other texts in every language, another brand and
// another default. The test fails unless each event is sent exactly once, and the next
// event with the other texts.
func (s *System) ChangeWords() {
	s.T.Helper()
	lost := s.Script(sandbox.Rule{
		Match: sandbox.Match{Channel: s.Channel}, Action: sandbox.Action{Type: script.AcceptThen, Ending: script.EndHang},
	})
	events := s.inAllLanguages()
	s.Publish(events...)
	worker := s.StartWorker(nil)
	Await(s.T, 30*time.Second, "all are accepted", func() bool { return len(s.Accepts()) == len(events) })
	worker.Kill()
	s.Sandbox.Unscript(lost)

	other := s.StartWorker(map[string]string{
		"MESSAGES_DIR": OtherWords(s.T), "BRAND_NAME": "Otherwise", "DEFAULT_LOCALE": "fr", "LOCALE_ALIASES": "tlh:uk",
	})
	s.AwaitDone(time.Minute)
	if lost, doubled := s.Judge(events); lost != 0 || doubled != 0 {
		s.T.Errorf("lost %d, doubled %d", lost, doubled)
	}
	if n, letters := len(s.Accepts()), len(s.DeadLetters()); n != len(events) || letters != 0 {
		s.T.Errorf("%d accepted for %d events, %d dead letters", n, len(events), letters)
	}
	s.Publish(s.event("later", 99))
	s.AwaitDone(time.Minute)
	all := s.Accepts()
	if said := all[len(all)-1].Text; !strings.Contains(said, "otherwise") || !other.Running() {
		s.T.Errorf("the second worker writes as the first did: %q", said)
	}
}

// inAllLanguages returns events in every language and status, and in one without texts.
func (s *System) inAllLanguages() (events []Event) {
	for i, locale := range strings.Fields("en de fr es it pt nl pl tr uk ar de_AT en-US tlh") {
		e := s.event("words-"+itoa(i), i)
		e["locale"], e["status"] = locale, []string{"confirmed", "rescheduled", "cancelled"}[i%3]
		events = append(events, e)
	}
	return events
}
