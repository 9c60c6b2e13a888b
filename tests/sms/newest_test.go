package sms

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// Appointments are confirmed, moved and partly cancelled while Twilio is down, and
// the worker is killed while they wait. When both are back, each patient gets one
// text: the newest word.
func TestAfterAnOutageEachPatientIsTextedTheNewestOnly(t *testing.T) {
	t.Parallel()
	const appointments = 60
	s := newSystem(t, harness.Config{Partitions: 3})
	outage := s.Script(sandbox.Rule{Match: sandbox.Match{Channel: sandbox.SMS}, Action: sandbox.Action{Type: script.Down}})
	worker := s.StartWorker(nil)
	worker.AwaitReady(t)
	at := time.Now().Add(48 * time.Hour).UTC().Truncate(24 * time.Hour)
	words := map[any]string{}
	var newest []harness.Event
	for i := range appointments {
		event := func(revision, hour int, status string) harness.Event {
			e := harness.NewSMS(fmt.Sprintf("newest-%d", i), i)
			e["time"], e["timezone"], e["status"] = at.Add(time.Duration(hour)*time.Hour).Format(time.RFC3339), "UTC", status
			if i%2 == 0 {
				e["revision"] = revision
			}
			return e
		}
		last, word := event(2, 13, "rescheduled"), "moved"
		s.Publish(event(1, 8, "confirmed"), last)
		if i%3 == 0 {
			last, word = event(3, 13, "cancelled"), "cancelled"
			s.Publish(last)
		}
		newest, words[last["appointment_id"]] = append(newest, last), word
	}
	harness.Await(t, time.Minute, "only the newest event of each appointment to wait", func() bool {
		queued, err := worker.Queued()
		return err == nil && queued == appointments
	})
	worker.Kill()
	s.StartWorker(nil)
	s.Sandbox.Unscript(outage)
	s.AwaitDone(2 * time.Minute)
	if lost, doubled := s.Judge(newest); lost != 0 || doubled != 0 {
		t.Errorf("lost %d, one too many %d", lost, doubled)
	}
	for _, a := range s.Accepts() {
		if !strings.Contains(a.Text, words[a.AppointmentID]) || strings.Contains(a.Text, " 8:00") || strings.Contains(a.Text, "08:00") {
			t.Errorf("%s was told %q", a.AppointmentID, a.Text)
		}
	}
	if n := len(s.DeadLetters()); n > 0 {
		t.Errorf("%d dead letters", n)
	}
}
