package message_test

import (
	"testing"

	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/message"
)

// BenchmarkRender shows what each part of a message costs, and the whole of it as
// strings.
func BenchmarkRender(b *testing.B) {
	r, err := message.New(settings())
	if err != nil {
		b.Fatal(err)
	}
	e := decode(b, inBerlin)
	d := r.Draft(e, published)
	buffer := make([]byte, 0, 16<<10)
	for _, part := range []struct {
		name  string
		write func()
	}{
		{"facts", func() { d = r.Draft(e, published) }},
		{"subject", func() { _ = d.AppendSubject(buffer) }},
		{"text", func() { _ = d.AppendText(buffer) }},
		{"HTML", func() { _ = d.AppendHTML(buffer) }},
		{"calendar", func() { _ = d.AppendCalendar(buffer) }},
		{"all as strings", func() { _ = r.Render(e, published) }},
	} {
		b.Run(part.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				part.write()
			}
		})
	}
}
