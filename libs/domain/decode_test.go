package domain_test

import (
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

const typicalEvent = `{"appointment_id": 48213, "user_id": 9001, "time": "2026-03-14T09:30:00+01:00",
 "timezone": "Europe/Berlin", "email": "mara.lind@clinic.example", "phone_e164": "+15550101234",
 "notify": {"email": true, "sms": true}, "revision": 2}`

func TestATypicalEventIsDecoded(t *testing.T) {
	e, err := domain.NewDecoder().Decode([]byte(typicalEvent))
	if err != nil {
		t.Fatal(err)
	}
	if e.AppointmentID != "48213" || e.UserID != "9001" || *e.Revision != 2 || e.Zone.String() != "Europe/Berlin" {
		t.Errorf("decoded %+v", e)
	}
	for ch, want := range map[domain.Channel]string{domain.Email: "mara.lind@clinic.example", domain.SMS: "+15550101234"} {
		if got, err := e.Recipient(ch); err != nil || got != want {
			t.Errorf("Recipient(%s) = %q, %v", ch, got, err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	d := domain.NewDecoder()
	value := []byte(typicalEvent)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Decode(value); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeAndRecipient(b *testing.B) {
	d := domain.NewDecoder()
	value := []byte(typicalEvent)
	b.ReportAllocs()
	for b.Loop() {
		e, err := d.Decode(value)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := e.Recipient(domain.Email); err != nil {
			b.Fatal(err)
		}
	}
}
