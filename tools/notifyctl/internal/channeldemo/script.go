package channeldemo

import (
	"encoding/json"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

// event is one event of the script, and what its providers do.
type event struct {
	title, id, value string
	// faults are how the first calls end, by channel; later ones succeed.
	faults map[domain.Channel][]fake.Fault
}

type fields map[string]any

// script is the demonstration. now is the time that the appointments are
// relative to.
func script(now time.Time) []event {
	both := newEvent("both channels", "a-1", now, nil)
	again := both
	again.title = "the same event, published twice"
	return []event{
		both,
		again,
		newEvent("the appointment was moved", "a-1", now, fields{"time": clock(now.Add(49 * time.Hour))}),
		newEvent("only an e-mail is asked for", "a-2", now, fields{"notify": fields{"email": true}}),
		newEvent("good address, bad phone number", "a-3", now, fields{"phone_e164": "0151 2345678"}),
		{title: "not JSON at all", id: "a-4", value: "appointment 4 at nine"},
		newEvent("the appointment is over", "a-5", now, fields{"time": clock(now.Add(-time.Hour))}),
		newEvent("the provider knows no such recipient", "a-6", now, nil).
			but(domain.Email, fake.Fault{Kind: fake.BadRecipient}),
		newEvent("the provider is out of reach once", "a-7", now, nil).
			but(domain.SMS, fake.Fault{Kind: fake.Refused}),
		newEvent("accepted, but the answer is lost", "a-8", now, nil).
			but(domain.Email, fake.Fault{Kind: fake.Reset, Accepted: true}),
	}
}

// newEvent returns a valid event, changed by edit.
func newEvent(title, id string, now time.Time, edit fields) event {
	e := fields{
		"appointment_id": id, "time": clock(now.Add(48 * time.Hour)), "timezone": "Europe/Berlin",
		"email": id + "@patients.example", "phone_e164": "+15550100123",
		"notify": fields{"email": true, "sms": true},
	}
	for name, value := range edit {
		e[name] = value
	}
	value, _ := json.Marshal(e) // texts, flags and maps of them cannot fail
	return event{title: title, id: id, value: string(value)}
}

// but lets the first call on ch end with f.
func (e event) but(ch domain.Channel, f fake.Fault) event {
	e.faults = map[domain.Channel][]fake.Fault{ch: {f}}
	return e
}

func clock(t time.Time) string { return t.UTC().Format(time.RFC3339) }
