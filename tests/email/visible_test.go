package email

import (
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// Look-ups that lag further behind than the worker waits would prove that accepted
// messages were not accepted. The first message is a sample and tells it: nothing is
// sent again, whether messages show in the end or never.
func TestLookUpsThatLagTooFarBehindDoubleNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lag     time.Duration
		letters int
	}{
		"late":  {10 * time.Second, 0},
		"never": {time.Hour, 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSystem(t, harness.Config{Partitions: 2, Sandbox: sandbox.Options{EmailVisibility: c.lag}})
			s.Script(sandbox.Rule{
				Match:  sandbox.Match{Channel: sandbox.Email, Every: 20},
				Action: sandbox.Action{Type: script.AcceptThen, Ending: script.EndReset},
			})
			// 7.5 s until a "not found" counts, 12 s until a sample counts as lost.
			worker := s.StartWorker(map[string]string{
				"MAILGUN_TIMEOUT_SECONDS": "1", "RECONCILE_SETTLE_SECONDS": "0.5", "RECONCILE_VISIBILITY_SECONDS": "6",
			})
			worker.AwaitReady(t)
			events := harness.Events(name, 100)
			s.Publish(events...)
			s.AwaitDone(time.Minute)
			if lost, doubled := s.Judge(events); lost != 0 || doubled != 0 {
				t.Errorf("lost %d, doubled %d", lost, doubled)
			}
			letters := s.DeadLetters()
			for _, r := range letters {
				if code := harness.Header(r, "dlq-error-code"); code != "lookup.unreliable" {
					t.Errorf("dead letter %s", code)
				}
			}
			if n := s.Sandbox.Stats().Email.Accepted; n != len(events) || len(letters) != c.letters {
				t.Errorf("%d accepted for %d events, %d dead letters, want %d", n, len(events), len(letters), c.letters)
			}
			if alerts := worker.Alerts(); alerts["promise.visibility"] == 0 {
				t.Errorf("alerts %v", alerts)
			}
		})
	}
}
