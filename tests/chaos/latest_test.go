package chaos

import (
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// With "latest" a group begins at the end of the source, once: what was read
// while the provider was down is neither lost with the process nor passed over
// by the next one.
func TestLatestLosesNothingThatCameAfterTheFirstStart(t *testing.T) {
	t.Parallel()
	s := newSystem(t, harness.Config{Partitions: 3, Settings: map[string]string{"KAFKA_AUTO_OFFSET_RESET": "latest"}})
	s.Publish(harness.Events("before", 20)...)
	worker := s.StartWorker(map[string]string{"MAILGUN_API_BASE_URL": "http://127.0.0.1:1"})
	worker.AwaitReady(t)
	events := harness.Events("after", 50)
	s.Publish(events...)
	harness.Await(t, 30*time.Second, "all events are read", func() bool {
		queued, err := worker.Queued()
		return err == nil && queued == len(events)
	})
	worker.Kill()
	s.StartWorker(nil)
	s.AwaitDone(time.Minute)
	if lost, doubled := s.Judge(events); lost != 0 || doubled != 0 {
		t.Errorf("lost %d, doubled %d, or events from before the start were sent", lost, doubled)
	}
}
