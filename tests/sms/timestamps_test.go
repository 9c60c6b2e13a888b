package sms

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
)

// both returns an event that asks for both channels.
func both(n int) harness.Event {
	id := fmt.Sprintf("both-%d", n)
	e := harness.NewSMS(id, n)
	e["email"], e["notify"] = id+"@patients.example", map[string]bool{"email": true, "sms": true}
	return e
}

// takesAnyTimestamp lets the source take timestamps that lie ahead. The broker
// refuses them by default, but brokers before 4.0 do not.
func takesAnyTimestamp(s *harness.System) {
	s.T.Helper()
	set := []kadm.AlterConfig{{Name: "message.timestamp.after.max.ms", Value: kadm.StringPtr("9223372036854775807")}}
	all, err := s.Admin.AlterTopicConfigs(s.T.Context(), set, s.Source)
	if err != nil || all[0].Err != nil {
		s.T.Fatal(err, all)
	}
}

// Judged by such timestamps, each text message would be skipped as too old, and
// each e-mail dead-lettered as one that the ledger may have forgotten.
func TestTimestampsThatCannotBeDecideNothingOnEitherChannel(t *testing.T) {
	t.Parallel()
	s := newSystem(t, harness.Config{Partitions: 1})
	takesAnyTimestamp(s)
	mail := s.View(sandbox.Email)
	events := []harness.Event{both(0)} // of today, it also keeps the segment from being deleted as old
	s.Publish(events...)
	for _, v := range []*harness.System{s, mail} {
		p := v.StartWorker(nil)
		v.AwaitDone(time.Minute)
		p.Terminate(time.Minute)
		v.Delete(v.Ledger, 0, 1) // it no longer reaches back for ever
	}
	var records []*kgo.Record
	for _, ms := range []int64{-1, 0, time.Now().Unix(), time.Date(2500, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli(), time.Now().UnixMicro()} {
		e := both(len(events))
		events = append(events, e)
		records = append(records, &kgo.Record{
			Topic: s.Source, Key: []byte(e["appointment_id"].(string)), Value: harness.JSON(e), Timestamp: time.UnixMilli(ms),
		})
	}
	s.Write(records...)
	for _, v := range []*harness.System{s, mail} {
		p := v.StartWorker(nil)
		v.AwaitDone(time.Minute)
		if lost, doubled := v.Judge(events); lost != 0 || doubled != 0 {
			t.Errorf("%s: lost %d, doubled %d", v.Channel, lost, doubled)
		}
		if alerts := p.Alerts(); alerts["record.timestamp"] != int64(len(records)) || len(alerts) != 1 {
			t.Errorf("%s: alerts %v", v.Channel, alerts)
		}
	}
	if n := len(s.DeadLetters()); n != 0 {
		t.Errorf("%d dead letters", n)
	}
}

func TestEventsThatKafkaDeletedUnreadAreCountedOnEitherChannel(t *testing.T) {
	t.Parallel()
	s := newSystem(t, harness.Config{Partitions: 1})
	s.Publish(both(0))
	for _, v := range []*harness.System{s, s.View(sandbox.Email)} {
		p := v.StartWorker(nil)
		p.AwaitReady(t)
		v.AwaitDone(time.Minute)
		p.Terminate(time.Minute)
	}
	var unread, kept []harness.Event
	for n := range 12 {
		unread, kept = append(unread, both(100+n)), append(kept, both(200+n))
	}
	s.Publish(unread...)
	s.Delete(s.Source, 0, 13)
	s.Publish(kept...)
	for _, v := range []*harness.System{s, s.View(sandbox.Email)} {
		p := v.StartWorker(nil)
		v.AwaitDone(time.Minute)
		harness.Await(t, time.Minute, "the alert", func() bool { return p.Alerts()["record.expired"] == 12 })
		code, metrics := p.Health("/metrics")
		want := fmt.Sprintf("notifications_alerts_total{channel=%q,code=\"record.expired\"} 12", v.Channel)
		if code != http.StatusOK || !strings.Contains(string(metrics), want) {
			t.Errorf("the metrics (%d) do not hold %s", code, want)
		}
		p.Terminate(time.Minute)
		again := v.StartWorker(nil)
		again.AwaitReady(t)
		if n := again.Alerts()["record.expired"]; n != 0 {
			t.Errorf("%s: told again, of %d", v.Channel, n)
		}
	}
}
