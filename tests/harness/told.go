package harness

import (
	"maps"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
)

// Told is the story of an appointment with two recipients. One is told of
// 8:00. Then the provider is down, the other one is added, it moves to
// 13:00 and is cancelled.
type Told struct{ first, second Event }

// NewTold returns the story of two recipients on the system's channel.
func (s *System) NewTold() Told {
	first, second := s.newEvent(0), s.newEvent(1)
	second["appointment_id"] = first["appointment_id"]
	return Told{first: first, second: second}
}

func (story Told) event(of Event, hour int, status string) Event {
	e := maps.Clone(of)
	e["time"], e["timezone"], e["status"] = theDayAfterTomorrow().Add(time.Duration(hour)*time.Hour).Format(time.RFC3339), "UTC", status
	return e
}

// Begin tells the first recipient.
func (story Told) Begin(s *System) {
	s.T.Helper()
	s.Publish(story.event(story.first, 8, "confirmed"))
	Await(s.T, time.Minute, "the confirmation", func() bool { return len(s.Accepts()) == 1 })
}

// Change publishes what happens while the provider is down, and waits until only
// the newest of it is left.
func (story Told) Change(s *System, worker *Process) {
	s.T.Helper()
	s.Publish(story.event(story.second, 8, "confirmed"), story.event(story.first, 13, "rescheduled"), story.event(story.second, 13, "rescheduled"),
		story.event(story.first, 13, "cancelled"), story.event(story.second, 13, "cancelled"))
	Await(s.T, time.Minute, "the cancellations alone to wait", func() bool {
		queued, err := worker.Queued()
		return err == nil && queued == 2 && s.Lag() == 2
	})
}

// Judge checks that each recipient was told the cancellation once: the first one
// with the time that they knew, the second one, who was never told any, with the
// appointment's own.
func (story Told) Judge(s *System) {
	s.T.Helper()
	if lost, doubled := s.Judge([]Event{story.first, story.second}); lost != 0 || doubled != 1 {
		s.T.Errorf("lost %d, one too many %d; want 0, and 1 for the confirmation", lost, doubled)
	}
	for _, a := range s.Accepts()[1:] {
		known, other := "8:00", "13:00"
		if a.Recipient != s.Recipient(story.first) {
			known, other = other, known
		}
		if !strings.Contains(a.Text, "cancelled") || !strings.Contains(a.Text, known) || strings.Contains(a.Text, other) {
			s.T.Errorf("want the cancellation of %s, got %q", known, a.Text)
		}
		if s.Channel == sandbox.Email && !strings.Contains(a.Subject, known) {
			s.T.Errorf("the subject is %q", a.Subject)
		}
	}
}
