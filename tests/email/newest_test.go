package email

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
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
			outage := s.Script(sandbox.Rule{Match: sandbox.Match{Channel: sandbox.Email}, Action: sandbox.Action{Type: script.Down}})
			confirmed, moved, cancelled := changes(c.appointments)
			worker := s.StartWorker(nil)
			worker.AwaitReady(t)
			s.Publish(confirmed...)
			s.Publish(moved...)
			s.Publish(cancelled...)
			awaitAhead(t, s, worker, len(confirmed)+len(moved)+len(cancelled))
			if c.killed {
				worker.Kill()
				s.StartWorker(nil) // its first look is what keeps it from telling old news
			}
			s.Sandbox.Unscript(outage)
			s.AwaitDone(5 * time.Minute)
			judgeNewest(t, s, moved, cancelled)
		})
	}
}

// changes returns three events of each appointment and a third of them cancelled.
// Every second one has revisions.
func changes(n int) (confirmed, moved, cancelled []harness.Event) {
	at := time.Now().Add(48 * time.Hour).UTC().Truncate(24 * time.Hour)
	for i := range n {
		event := func(revision, hour int, status string) harness.Event {
			e := harness.NewEvent(fmt.Sprintf("newest-%d", i))
			e["time"], e["timezone"], e["status"] = at.Add(time.Duration(hour)*time.Hour).Format(time.RFC3339), "UTC", status
			if i%2 == 0 {
				e["revision"] = revision
			}
			return e
		}
		confirmed = append(confirmed, event(1, 8, "confirmed"))
		moved = append(moved, event(2, 13, "rescheduled"))
		if i%3 == 0 {
			cancelled = append(cancelled, event(3, 13, "cancelled"))
		}
	}
	return confirmed, moved, cancelled
}

// awaitAhead waits until the worker has read what there is or its queues are
// full, and has looked ahead since.
func awaitAhead(t *testing.T, s *harness.System, worker *harness.Process, published int) {
	t.Helper()
	last := time.Now()
	held := -1
	harness.Await(t, time.Minute, "queues that stand still", func() bool {
		queued, err := worker.Queued()
		if err != nil || queued != held {
			held, last = queued, time.Now()
			return false
		}
		return queued == published || queued > 0 && time.Since(last) > 12*time.Second
	})
	t.Logf("%d of %d events are queued", held, published)
	if n := len(s.Accepts()); n > 0 {
		t.Errorf("%d messages were accepted by a provider that is down", n)
	}
}

// judgeNewest checks that each recipient got exactly one message, with the
// subject of the appointment's newest event and none of its old times.
func judgeNewest(t *testing.T, s *harness.System, moved, cancelled []harness.Event) {
	t.Helper()
	if lost, doubled := s.Judge(moved); lost > 0 || doubled > 0 {
		t.Errorf("lost %d, one too many %d", lost, doubled)
	}
	subject := map[any]string{}
	for _, e := range moved {
		subject[e["appointment_id"]] = "Appointment moved"
	}
	for _, e := range cancelled {
		subject[e["appointment_id"]] = "Appointment cancelled"
	}
	wrong := 0
	for _, a := range s.Accepts() {
		if !strings.HasPrefix(a.Subject, subject[a.AppointmentID]) || strings.Contains(a.Text, "8:00") {
			if wrong++; wrong < 5 {
				t.Errorf("%s was told %q", a.AppointmentID, a.Subject)
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d were told what is not so any more", wrong)
	}
	if n := len(s.DeadLetters()); n > 0 {
		t.Errorf("%d dead letters", n)
	}
}
