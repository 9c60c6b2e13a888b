package engine

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkatest"
)

// publish writes an event; at is when the appointment is.
func (r *rig) publish(partition int32, appointment string, at time.Time, edit ...func(map[string]any)) *kgo.Record {
	r.t.Helper()
	return r.write(r.event(partition, appointment, at, edit...))
}

func (r *rig) event(partition int32, appointment string, at time.Time, edit ...func(map[string]any)) *kgo.Record {
	r.t.Helper()
	event := map[string]any{
		"appointment_id": appointment, "time": at.Format(time.RFC3339), "email": appointment + "@patients.example",
		"notify": map[string]any{"email": true},
	}
	for _, e := range edit {
		e(event)
	}
	value, err := json.Marshal(event)
	if err != nil {
		r.t.Fatal(err)
	}
	return &kgo.Record{Topic: rigSource, Partition: partition, Key: []byte(appointment), Value: value}
}

// revised gives an event a revision: another notification of the same facts.
func revised(n int) func(map[string]any) { return with("revision", n) }

// with sets a field of an event.
func with(field string, value any) func(map[string]any) {
	return func(e map[string]any) { e[field] = value }
}

// write writes records that the oracle knows of before the broker does.
func (r *rig) write(recs ...*kgo.Record) *kgo.Record {
	r.t.Helper()
	r.oracle.expect(recs...)
	if err := r.client.ProduceSync(r.t.Context(), recs...).FirstErr(); err != nil {
		r.t.Fatal(err)
	}
	r.oracle.written(recs...)
	return recs[0]
}

// replay writes the next replay of a dead letter, as the replayer does.
func (r *rig) replay(d *kgo.Record, acceptDuplicate bool) *kgo.Record {
	r.t.Helper()
	e, err := envelope.Decode(envelope.FromKafka(d.Headers))
	if err != nil {
		r.t.Fatal(err)
	}
	return r.write(&kgo.Record{
		Topic: rigReplay, Partition: e.Origin.Partition, Key: d.Key, Value: d.Value,
		Headers: envelope.ToKafka(e.ReplayedBy("job", acceptDuplicate).Encode()),
	})
}

// lag returns how many records of the channel's topics are not committed.
func (r *rig) lag() int64 {
	r.t.Helper()
	commits, err := r.admin.FetchOffsets(r.t.Context(), rigGroup)
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		r.t.Fatal(err)
	}
	ends, err := r.admin.ListEndOffsets(r.t.Context(), rigSource, rigReplay)
	if err != nil {
		r.t.Fatal(err)
	}
	var lag int64
	ends.Each(func(o kadm.ListedOffset) {
		at := int64(0)
		if c, ok := commits.Lookup(o.Topic, o.Partition); ok {
			at = c.At
		}
		lag += o.Offset - at
	})
	return lag
}

// deadLetters reads the whole DLQ.
func (r *rig) deadLetters() []*kgo.Record { return kafkatest.ReadAll(r.t, r.opts, rigDLQ) }

// classes counts the dead letters by their class.
func (r *rig) classes() map[domain.Class]int {
	r.t.Helper()
	count := map[domain.Class]int{}
	for _, d := range r.deadLetters() {
		e, err := envelope.Decode(envelope.FromKafka(d.Headers))
		if err != nil {
			r.t.Fatal(err)
		}
		count[e.Class]++
	}
	return count
}

// resolutions reads what became of replays, oldest first.
func (r *rig) resolutions() []envelope.Resolution {
	r.t.Helper()
	var all []envelope.Resolution
	for _, rec := range kafkatest.ReadAll(r.t, r.opts, rigResolutions) {
		resolution, err := envelope.DecodeResolution(rec.Key, rec.Value)
		if err != nil {
			r.t.Fatal(err)
		}
		all = append(all, resolution)
	}
	return all
}

// until waits in virtual time for a condition.
func (r *rig) until(limit time.Duration, what string, ok func() bool) {
	r.t.Helper()
	step := max(100*time.Millisecond, limit/600)
	for deadline := time.Now().Add(limit); !ok(); tick(step) {
		if time.Now().After(deadline) {
			r.t.Fatalf("after %s of virtual time still not: %s", limit, what)
		}
	}
}

// untilDone waits until everything is committed.
func (r *rig) untilDone(limit time.Duration) {
	r.t.Helper()
	defer func() {
		if r.t.Failed() {
			r.describe()
		}
	}()
	r.until(limit, "everything committed", func() bool { return r.lag() == 0 })
}

// describe tells where the workers stand.
func (r *rig) describe() {
	for i, w := range r.workers {
		select {
		case <-w.ended:
			r.t.Logf("worker %d has ended", i)
		default:
			r.t.Logf("worker %d: ready: %v; halted %v, %d sending, lanes %+v", i, w.consumer.Ready(), w.gate.Halted(), w.slots.Sending(), w.consumer.Lanes())
		}
	}
	groups, err := r.admin.DescribeGroups(r.t.Context(), rigGroup)
	for _, g := range groups {
		r.t.Logf("the group is %s with %d members, %v", g.State, len(g.Members), err)
	}
	r.t.Logf("%d records without an outcome, lag %d", r.oracle.lost(), r.lag())
}

// tick lets virtual time pass.
func tick(d time.Duration) { <-time.After(d) }
