package harness

import (
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// Outage makes the channel's provider refuse connections until end is called.
func (s *System) Outage() (end func()) {
	s.T.Helper()
	id := s.Script(sandbox.Rule{Match: sandbox.Match{Channel: s.Channel}, Action: sandbox.Action{Type: script.Down}})
	return func() { s.Sandbox.Unscript(id) }
}

// Changes are events of n appointments: each is confirmed and then moved, and a
// third of them is cancelled. Every second appointment has revisions.
type Changes struct{ Confirmed, Moved, Cancelled []Event }

// NewChanges makes the events of n appointments on the system's channel.
func (s *System) NewChanges(n int) (c Changes) {
	for i := range n {
		event := func(revision, hour int, status string) Event {
			e := s.newEvent(i)
			e["time"], e["timezone"], e["status"] = theDayAfterTomorrow().Add(time.Duration(hour)*time.Hour).Format(time.RFC3339), "UTC", status
			if i%2 == 0 {
				e["revision"] = revision
			}
			return e
		}
		c.Confirmed = append(c.Confirmed, event(1, 8, "confirmed"))
		c.Moved = append(c.Moved, event(2, 13, "rescheduled"))
		if i%3 == 0 {
			c.Cancelled = append(c.Cancelled, event(3, 13, "cancelled"))
		}
	}
	return c
}

func (s *System) newEvent(i int) Event { return s.event("newest-"+itoa(i), i) }

// event returns a valid event for the nth recipient of the system's channel.
func (s *System) event(appointment string, n int) Event {
	if s.Channel == sandbox.SMS {
		return NewSMS(appointment, n)
	}
	return NewEvent(appointment)
}

// Publish publishes the events in the order of what happened.
func (c *Changes) Publish(s *System) {
	s.T.Helper()
	s.Publish(c.Confirmed...)
	s.Publish(c.Moved...)
	s.Publish(c.Cancelled...)
}

// AwaitAhead waits until the worker has nothing more to read or its queues are
// full, and has looked ahead since. Its provider must be down.
func (c *Changes) AwaitAhead(s *System, worker *Process) {
	s.T.Helper()
	last, held := time.Now(), -1
	Await(s.T, time.Minute, "queues that stand still", func() bool {
		queued, err := worker.Queued()
		if err != nil || queued != held {
			held, last = queued, time.Now()
			return false
		}
		still := time.Since(last)
		return queued == len(c.Confirmed) && still > 3*time.Second || queued > 0 && still > 12*time.Second
	})
	s.T.Logf("%d of %d events are queued", held, len(c.Confirmed)+len(c.Moved)+len(c.Cancelled))
	if n := len(s.Accepts()); n > 0 {
		s.T.Errorf("%d messages were accepted by a provider that is down", n)
	}
}

// Judge checks that each recipient got exactly one message: the appointment's
// newest event, and nothing of its old time.
func (c *Changes) Judge(s *System) {
	s.T.Helper()
	if lost, doubled := s.Judge(c.Moved); lost > 0 || doubled > 0 {
		s.T.Errorf("lost %d, one too many %d", lost, doubled)
	}
	cancelled := map[string]bool{}
	for _, e := range c.Cancelled {
		cancelled[s.Recipient(e)] = true // a text message does not name its appointment
	}
	wrong := 0
	for _, a := range s.Accepts() {
		gone, moved := strings.Contains(a.Text, "cancelled"), strings.Contains(a.Text, "moved")
		if gone == cancelled[a.Recipient] && moved != gone && strings.Contains(a.Text, "13:00") && !strings.Contains(a.Text, "8:00") {
			continue
		}
		if wrong++; wrong < 5 {
			s.T.Errorf("%s was told %q", a.Recipient, a.Text)
		}
	}
	if wrong > 0 {
		s.T.Errorf("%d were told what is not so any more", wrong)
	}
	if n := len(s.DeadLetters()); n > 0 {
		s.T.Errorf("%d dead letters", n)
	}
}
