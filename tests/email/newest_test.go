package email

import (
	"fmt"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// Appointments are confirmed, moved and partly cancelled while the provider is
// down. When it is back, each recipient gets one message: the newest word.
func TestAfterAnOutageEachRecipientIsToldTheNewestOnly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		appointments, partitions int
		killed                   bool
	}{
		{60, 3, false},
		{60, 3, true},
		{6000, 6, true}, // 14,000 events: more than the queues hold
	} {
		t.Run(fmt.Sprintf("%d appointments, killed %t", c.appointments, c.killed), func(t *testing.T) {
			t.Parallel()
			s := newSystem(t, harness.Config{Partitions: c.partitions})
			end := s.Outage()
			changes := s.NewChanges(c.appointments)
			worker := s.StartWorker(nil)
			worker.AwaitReady(t)
			changes.Publish(s)
			changes.AwaitAhead(s, worker)
			if c.killed {
				worker.Kill()
				s.StartWorker(nil) // its first look is what keeps it from telling old news
			}
			end()
			s.AwaitDone(5 * time.Minute)
			changes.Judge(s)
		})
	}
}

// Another worker than the one that sent the confirmation sends the cancellation.
func TestACancellationNamesTheTimeThatEachRecipientKnows(t *testing.T) {
	t.Parallel()
	s := newSystem(t, harness.Config{Partitions: 1})
	story := s.NewTold()
	worker := s.StartWorker(nil)
	story.Begin(s)
	end := s.Outage()
	story.Change(s, worker)
	worker.Kill()
	s.StartWorker(nil)
	end()
	s.AwaitDone(2 * time.Minute)
	story.Judge(s)
}
