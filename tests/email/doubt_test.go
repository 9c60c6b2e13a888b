package email

import (
	"net/http"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// Six events: three are sent, three end without an answer. That halts; nothing
// else comes, and their questions are refused.
func TestDoubtsBehindAHaltEndWithoutFurtherTraffic(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lookUp sandbox.Action
		class  string
	}{
		"refused":         {sandbox.Action{Type: script.Answer, Status: http.StatusForbidden}, "unknown_outcome"},
		"answered":        {},
		"in trouble once": {sandbox.Action{Type: script.Answer, Status: http.StatusBadRequest}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSystem(t, harness.Config{Partitions: 1})
			s.StartWorker(nil)
			before, doubts := harness.Events("sent", 3), harness.Events("doubt", 3)
			s.Publish(before...)
			s.AwaitDone(30 * time.Second)
			sends := s.Script(sandbox.Rule{Match: sandbox.Match{Channel: sandbox.Email}, Action: sandbox.Action{Type: script.Answer, Status: 503}})
			asks := ""
			if c.lookUp.Type != "" {
				asks = s.Script(sandbox.Rule{Match: sandbox.Match{Channel: sandbox.Email, Kind: "lookup"}, Action: c.lookUp})
			}
			s.Publish(doubts...)
			harness.Await(t, 30*time.Second, "three sends without an answer", func() bool { return requests(s, "send") >= 6 })
			s.Sandbox.Unscript(sends)
			if c.class == "" && asks != "" {
				harness.Await(t, time.Minute, "questions", func() bool { return requests(s, "lookup") >= 6 })
				s.Sandbox.Unscript(asks)
			}
			s.AwaitDone(time.Minute)
			letters := s.DeadLetters()
			for _, r := range letters {
				if class := harness.Header(r, "dlq-error-class"); class != c.class {
					t.Errorf("dead-lettered as %s", class)
				}
			}
			lost, doubled := s.Judge(append(before, doubts...))
			if want := len(letters); lost != want || doubled != 0 || (want == 3) != (c.class != "") {
				t.Errorf("lost %d, doubled %d, %d dead letters", lost, doubled, want)
			}
		})
	}
}

// requests counts what the provider was asked.
func requests(s *harness.System, kind string) (n int) {
	s.T.Helper()
	all, err := s.Sandbox.Requests(s.Channel)
	if err != nil {
		s.T.Fatal(err)
	}
	for _, e := range all {
		if e.Kind == kind {
			n++
		}
	}
	return n
}
