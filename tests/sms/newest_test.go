package sms

import (
	"fmt"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// Appointments are confirmed, moved and partly cancelled while Twilio is down, and
// the worker is killed while they wait. When both are back, each patient gets one
// text: the newest word.
func TestAfterAnOutageEachPatientIsTextedTheNewestOnly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ appointments, partitions int }{
		{60, 3},
		{6000, 6}, // 14,000 events: more than the queues hold
	} {
		t.Run(fmt.Sprintf("%d appointments", c.appointments), func(t *testing.T) {
			t.Parallel()
			s := newSystem(t, harness.Config{Partitions: c.partitions})
			end := s.Outage()
			changes := s.NewChanges(c.appointments)
			worker := s.StartWorker(nil)
			worker.AwaitReady(t)
			changes.Publish(s)
			changes.AwaitAhead(s, worker)
			worker.Kill()
			s.StartWorker(nil)
			end()
			s.AwaitDone(5 * time.Minute)
			changes.Judge(s)
		})
	}
}

// Another worker than the one that sent the confirmation sends the cancellation.
func TestACancelledTextNamesTheTimeThatEachPatientKnows(t *testing.T) {
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
