package flowdemo

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// stuck is the appointment for which the first worker never gets an answer.
const stuck = "appointment-2"

type fields map[string]any

// script returns the records that the publisher writes.
func script(now time.Time) []*kgo.Record {
	both, email := fields{"email": true, "sms": true}, fields{"email": true}
	first := now.Add(48 * time.Hour)
	return []*kgo.Record{
		event("appointment-1", "patient-1", "+15550100123", first, both),
		event(stuck, "patient-2", "+15550100123", first, both),
		record("appointment-3", []byte("appointment 3 at nine")),
		event("appointment-1", "guardian-1", "+15550100124", first, both), // its second recipient
		event("appointment-4", "patient-4", "+15550100123", first, email),
	}
}

func event(id, recipient, phone string, at time.Time, notify fields) *kgo.Record {
	value, _ := json.Marshal(fields{ // texts and flags cannot fail
		"appointment_id": id, "time": at.UTC().Format(time.RFC3339), "notify": notify,
		"email": recipient + "@patients.example", "phone_e164": phone,
	})
	return record(id, value)
}

func record(key string, value []byte) *kgo.Record {
	return &kgo.Record{
		Topic: named().Source, Key: []byte(key), Value: value,
		Headers: []kgo.RecordHeader{{Key: "content-type", Value: []byte("application/json")}},
	}
}

// wanted returns the delivery keys of everything that the records ask for.
func wanted(records []*kgo.Record) (keys []domain.Key, err error) {
	decoder := domain.NewDecoder()
	for _, r := range records {
		e, err := decoder.Decode(r.Value)
		if err != nil {
			continue // a dead letter
		}
		for _, ch := range e.RequestedChannels() {
			recipient, err := e.Recipient(ch)
			if err != nil {
				return nil, fmt.Errorf("the script is wrong: %w", err)
			}
			keys = append(keys, domain.NewKey(e, ch, recipient))
		}
	}
	return keys, nil
}
