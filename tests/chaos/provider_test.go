package chaos

import (
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

func TestAnswersLostAfterAcceptanceAreAskedFor(t *testing.T) {
	t.Parallel()
	endings := map[string]sandbox.Action{
		"reset":    {Type: script.AcceptThen, Ending: script.EndReset},
		"hang":     {Type: script.AcceptThen, Ending: script.EndHang},
		"500":      {Type: script.AcceptThen, Ending: script.EndStatus, Status: 500},
		"503":      {Type: script.AcceptThen, Ending: script.EndStatus, Status: 503},
		"truncate": {Type: script.AcceptThen, Ending: script.EndTruncate},
		"garbage":  {Type: script.AcceptThen, Ending: script.EndGarbage},
	}
	for name, action := range endings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSystem(t, harness.Config{Partitions: 2})
			slow(s, time.Millisecond, 20*time.Millisecond)
			s.Script(sandbox.Rule{Match: sandbox.Match{Channel: sandbox.Email, Probability: 0.05, Seed: 7}, Action: action})
			events := harness.Events(name, 500)
			s.Publish(events...)
			s.StartWorker(map[string]string{"MAILGUN_TIMEOUT_SECONDS": "2"})
			s.AwaitDone(time.Minute)
			if lost, doubled := s.Judge(events); lost != 0 || doubled != 0 {
				t.Errorf("lost %d, doubled %d", lost, doubled)
			}
			if n := len(s.DeadLetters()); n != 0 {
				t.Errorf("%d dead letters", n)
			}
		})
	}
}

func TestAProviderThatIsDownIsAPause(t *testing.T) {
	t.Parallel()
	outages := map[string]sandbox.Action{
		"down":         {Type: script.Down},
		"503":          {Type: script.Answer, Status: 503},
		"429":          {Type: script.Answer, Status: 429},
		"unauthorized": {Type: script.Answer, Status: 401},
		"not-allowed":  {Type: script.Answer, Status: 400, Body: `{"message":"Domain mg.clinic.example is not allowed to send: recipient limit exceeded"}`},
		"hangs":        {Type: script.Hang},
	}
	outage := time.Duration(times("OUTAGE_SECONDS", 12)) * time.Second
	for name, action := range outages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSystem(t, harness.Config{Partitions: 2})
			events := harness.Events(name, 400)
			s.Publish(events[:100]...)
			worker := s.StartWorker(map[string]string{
				"MAILGUN_TIMEOUT_SECONDS": "2", "DELIVERY_MAX_ATTEMPTS": "3", "DELIVERY_CONCURRENCY": "16",
			})
			s.AwaitDone(30 * time.Second)
			rule := s.Script(sandbox.Rule{Match: sandbox.Match{Channel: sandbox.Email}, Action: action})
			s.Publish(events[100:]...)
			<-time.After(outage)
			if n := len(s.DeadLetters()); n != 0 {
				t.Errorf("%d dead letters during the outage", n)
			}
			s.Sandbox.Unscript(rule)
			recovered := time.Now()
			harness.Await(t, 40*time.Second, "sending resumes", func() bool { return len(s.Accepts()) >= 300 })
			t.Logf("resumed %s after recovery", time.Since(recovered).Round(100*time.Millisecond))
			s.AwaitDone(time.Minute)
			if lost, doubled := s.Judge(events); lost != 0 || doubled != 0 {
				t.Errorf("lost %d, doubled %d", lost, doubled)
			}
			if n := len(s.DeadLetters()); n != 0 || !worker.Running() {
				t.Errorf("%d dead letters, running %t", n, worker.Running())
			}
		})
	}
}
