package replayer

import (
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// A worker dies with an accepted message whose answer it has not seen. When it
// comes back the provider no longer keeps the message. That its event is then
// given up, published again and replayed must not make the doubt look young:
// "not found" of the last moments is no answer about the first.
func TestADoubtBeyondTheProvidersMemoryIsNeverSentAgain(t *testing.T) {
	t.Parallel()
	// The least retention that can be set leaves a minute: an hour of it is the
	// margin for clocks that differ.
	const lookBack = time.Minute
	r := newReplayer(t, harness.Config{
		Channel: sandbox.Email, Partitions: 1, Settings: map[string]string{"MAILGUN_EVENTS_RETENTION": "61m"},
	})
	hang := r.Script(sandbox.Rule{
		Match:  sandbox.Match{Channel: sandbox.Email},
		Action: sandbox.Action{Type: script.AcceptThen, Ending: script.EndHang}, Count: 1,
	})
	e := harness.NewEvent("old-doubt")
	r.Publish(e)
	settings := map[string]string{"KAFKA_GROUP_INSTANCE_ID": "one"}
	first := r.StartWorker(settings)
	harness.Await(t, time.Minute, "accepted", func() bool { return len(r.Accepts()) == 1 })
	first.Kill()
	r.Sandbox.Unscript(hang)
	accepted := time.Unix(0, r.Accepts()[0].Time)
	harness.Await(t, 2*lookBack, "the look-back is over", func() bool { return time.Since(accepted) > lookBack+2*time.Second })
	r.Sandbox.SetEmailRetention(time.Second)

	r.StartWorker(settings)
	r.AwaitDone(2 * time.Minute)
	r.Publish(e)
	r.AwaitDone(time.Minute)
	for range 2 {
		if code, out := r.run("replay", "--channel", "email", "--yes", "--reason", "pressed without a look"); code == 2 {
			t.Fatalf("exit code %d:\n%s", code, out)
		}
		r.awaitReplays(time.Minute)
	}
	if n := len(r.Accepts()); n != 1 {
		t.Errorf("accepted %d times, want once", n)
	}
	for _, d := range r.DeadLetters() {
		if class, code := harness.Header(d, "dlq-error-class"), harness.Header(d, "dlq-error-code"); class != "unknown_outcome" || code != "mailgun.lookup.expired" {
			t.Errorf("dead-lettered as %s %s", class, code)
		}
	}
	if n := len(r.DeadLetters()); n < 2 {
		t.Errorf("%d dead letters, want at least those of the event and its copy", n)
	}
}
