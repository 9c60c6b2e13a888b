package messages_test

import (
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/messages"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/gsm"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/messagestest"
)

func BenchmarkOpen(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, faults := messages.Open(nil, messages.DefaultOptions()); len(faults) > 0 {
			b.Fatal(faults)
		}
	}
}

func BenchmarkEmail(b *testing.B) {
	texts := messagestest.Texts()
	m := messages.Mail{Status: domain.AppointmentConfirmed, Brand: "Clinic", Reference: "A-1", At: time.Date(2031, 5, 6, 14, 30, 0, 0, time.UTC), Calendar: true}
	b.ReportAllocs()
	for b.Loop() {
		_ = texts.For("de-AT").Email(&m)
	}
}

func BenchmarkSMS(b *testing.B) {
	texts := messagestest.Texts()
	s := messages.Short{Status: domain.AppointmentConfirmed, Brand: "Clinic", Reference: "ABCDE237", At: time.Date(2031, 5, 6, 14, 30, 0, 0, time.UTC)}
	b.ReportAllocs()
	for b.Loop() {
		_ = texts.For("de-AT").SMS(&s, gsm.TollFree())
	}
}
