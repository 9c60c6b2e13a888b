package chaos

import (
	"syscall"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tests/kafkatest"
)

// A stop ends within its limit, with exit code 0, although Kafka has gone in the
// middle of sending: its process is dead, or frozen with its connections open.
func TestSIGTERMEndsWithoutKafka(t *testing.T) {
	t.Parallel()
	broker.RequireReal(t)
	own := kafkatest.New(t)
	s := harness.New(t, own, binaries, harness.Config{Partitions: 3})
	slow(s, 50*time.Millisecond, 200*time.Millisecond)
	const drain = 4 * time.Second
	for what, take := range map[string]func(testing.TB){"frozen": own.Pause, "dead": own.Kill} {
		s.Publish(harness.Events(what, 400)...)
		worker := s.StartWorker(map[string]string{"DRAIN_TIMEOUT": drain.String()})
		accepted := s.Sandbox.Stats().Email.Accepted
		harness.Await(t, time.Minute, "sending has begun", func() bool {
			return s.Sandbox.Stats().Email.Accepted > accepted+50
		})
		take(t)
		begin := time.Now()
		worker.Signal(syscall.SIGTERM)
		if code := worker.Wait(time.Minute); code != 0 || time.Since(begin) > drain+15*time.Second {
			t.Errorf("%s: exit code %d after %s", what, code, time.Since(begin))
		}
		t.Logf("%s: ended after %s", what, time.Since(begin).Round(time.Millisecond))
		own.Start(t)
	}
}
