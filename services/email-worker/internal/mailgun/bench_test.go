//go:build unix

package mailgun_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

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
		measure(b, func() error {
			_, err := s.Send(b.Context(), n)
			return err
		})
	})
	b.Run("bare form post", func(b *testing.B) {
		form, client := bareForm(b), new(http.Client)
		measure(b, func() error {
			return postForm(b, client, server.URL+"/v3/mg.clinic.example/messages", form)
		})
	})
}

func postForm(b *testing.B, client *http.Client, address string, form url.Values) error {
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := client.Do(r)
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	return resp.Body.Close()
}

// bareForm is the message as a form.
func bareForm(b *testing.B) url.Values {
	n := confirmation(b, patient)
	r, err := message.New(message.Settings{
		Brand: "Clinic", Zone: time.UTC, Duration: time.Hour, Domain: "mg.clinic.example", Organizer: "no-reply@clinic.example",
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

// measure reports the processor time of each call besides the time on the clock,
// which on a shared machine says little.
func measure(b *testing.B, call func() error) {
	b.ReportAllocs()
	before := processorTime(b)
	for b.Loop() {
		if err := call(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
}

func processorTime(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
