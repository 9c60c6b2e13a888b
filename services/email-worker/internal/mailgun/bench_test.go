//go:build unix

package mailgun_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/localtime/localtimetest"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/messagestest"
	"github.com/kafka-notifications/kafka-notifications/libs/provider/providertest"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/message"
)

// BenchmarkSend compares the processor time of a send with that of a bare
// net/http form post of the same text, rendered beforehand. The server's share
// is in both.
func BenchmarkSend(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `{"id":"<1@mg.clinic.example>","message":"Queued. Thank you."}`)
	}))
	defer server.Close()
	b.Run("adapter", func(b *testing.B) {
		cfg := valid()
		cfg.BaseURL = server.URL
		s, n := newSender(b, cfg), confirmation(b, patient)
		providertest.Measure(b, func() error {
			_, err := s.Send(b.Context(), n)
			return err
		})
	})
	b.Run("bare form post", func(b *testing.B) {
		form, client := bareForm(b), new(http.Client)
		providertest.Measure(b, func() error {
			return providertest.PostForm(b, client, server.URL+"/v3/mg.clinic.example/messages", form)
		})
	})
}

// bareForm is the message as a form.
func bareForm(b *testing.B) url.Values {
	n := confirmation(b, patient)
	r, err := message.New(message.Settings{
		Brand: "Clinic", Texts: messagestest.Texts(), Clock: localtimetest.Clock("UTC"), Duration: time.Hour, Domain: "mg.clinic.example", Organizer: "no-reply@clinic.example",
	})
	if err != nil {
		b.Fatal(err)
	}
	e := r.Render(n.Event, n.EventTime)
	return url.Values{
		"from": {"no-reply@clinic.example"}, "to": {patient}, "subject": {e.Subject}, "text": {e.Text},
		"html": {e.HTML}, "attachment": {string(e.Calendar)},
	}
}
