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

// BenchmarkEmail compares an e-mail of a prepared letter, written into a buffer
// that is at hand, with one that is made by itself.
func BenchmarkEmail(b *testing.B) {
	texts := messagestest.Texts()
	letters := texts.Letters("Clinic")
	at, buffer := time.Date(2031, 5, 6, 14, 30, 0, 0, time.UTC), make([]byte, 0, 16<<10)
	b.Run("prepared", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			d := letters.For("de-AT", domain.AppointmentConfirmed, true).Draft(at, "A-1")
			_ = d.AppendHTML(d.AppendText(d.AppendSubject(buffer)))
		}
	})
	b.Run("alone", func(b *testing.B) {
		m := messages.Mail{Status: domain.AppointmentConfirmed, Brand: "Clinic", Reference: "A-1", At: at, Calendar: true}
		b.ReportAllocs()
		for b.Loop() {
			_ = texts.For("de-AT").Email(&m)
		}
	})
}

func BenchmarkSMS(b *testing.B) {
	texts := messagestest.Texts()
	s := messages.Short{Status: domain.AppointmentConfirmed, Brand: "Clinic", Reference: "ABCDE237", At: time.Date(2031, 5, 6, 14, 30, 0, 0, time.UTC)}
	b.ReportAllocs()
	for b.Loop() {
		_ = texts.For("de-AT").SMS(&s, gsm.TollFree())
	}
}
