package flowdemo

import (
	"encoding/json"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// partition stands in for one partition of a topic and for the offset that the
// consumer group has committed there.
type partition struct {
	records   []*ports.Record
	committed int64
}

// stuck is the appointment whose first answer never comes.
const stuck = "appointment-2"

type fields map[string]any

// script is what the publisher has written.
func script(now time.Time) []*ports.Record {
	both, email := fields{"email": true, "sms": true}, fields{"email": true}
	first := now.Add(48 * time.Hour)
	records := []*ports.Record{
		newRecord("appointment-1", first, both),
		newRecord(stuck, first, both),
		{Key: []byte("appointment-3"), Value: []byte("appointment 3 at nine")},
		newRecord("appointment-1", first.Add(time.Hour), both), // it was moved
		newRecord("appointment-4", first, email),
	}
	for i, r := range records {
		r.Topic, r.Offset, r.Timestamp = "appointments.created", int64(i), now
		r.Headers = []ports.Header{{Key: "content-type", Value: []byte("application/json")}}
	}
	return records
}

func newRecord(id string, at time.Time, notify fields) *ports.Record {
	value, _ := json.Marshal(fields{ // texts and flags cannot fail
		"appointment_id": id, "time": at.UTC().Format(time.RFC3339), "notify": notify,
		"email": id + "@patients.example", "phone_e164": "+15550100123",
	})
	return &ports.Record{Key: []byte(id), Value: value}
}

// watermark is the offset to commit: everything below it is finished. What
// finished above it waits for the hole to close; after a crash the ledger
// remembers it.
type watermark struct {
	at       int64
	finished map[int64]bool
}

// done marks one offset as finished.
func (w *watermark) done(offset int64) {
	w.finished[offset] = true
	for w.finished[w.at] {
		delete(w.finished, w.at)
		w.at++
	}
}
