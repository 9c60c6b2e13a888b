package envelope

import (
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

func BenchmarkEncodeOutcome(b *testing.B) {
	value := `{"appointment_id":"a-48213","time":"2026-03-14T09:30:00+01:00","notify":{"email":true},"email":"mara.lind@clinic.example"}`
	event, err := domain.NewDecoder().Decode([]byte(value))
	if err != nil {
		b.Fatal(err)
	}
	at := time.UnixMilli(1_773_000_000_123)
	c := ports.Conclusion{
		Record: &ports.Record{Topic: "appointments.created", Partition: 3, Offset: 48_213, Timestamp: at}, Event: event,
		Channel: domain.Email, Outcome: domain.Sent("<20260314093000.1.5f0c@clinic.example>"), At: at,
	}
	b.ReportAllocs()
	for b.Loop() {
		EncodeOutcome(c)
	}
}
