//go:build unix

package twilio_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/localtime/localtimetest"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/messagestest"
	"github.com/kafka-notifications/kafka-notifications/libs/provider/providertest"
	"github.com/kafka-notifications/kafka-notifications/services/sms-worker/internal/twilio"
)

// accepts is a transport that reads the body and answers with these bytes.
type accepts []byte

func (a accepts) RoundTrip(r *http.Request) (*http.Response, error) {
	_, err := io.Copy(io.Discard, r.Body)
	return &http.Response{StatusCode: http.StatusCreated, Body: io.NopCloser(bytes.NewReader(a))}, err
}

// BenchmarkSend compares the processor time of a send with that of a bare
// net/http form post of the same text, rendered beforehand. The server's share
// is in both. The answer is as long as Twilio's.
func BenchmarkSend(b *testing.B) {
	answer := marshal(b, published(b).example(b, http.MethodPost, http.StatusCreated))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write(answer)
	}))
	defer server.Close()
	n := note(b, "A-1", patient, tomorrow())
	measure := func(b *testing.B, below http.RoundTripper) {
		s, err := twilio.New(twilio.Config{
			AccountSID: account, AuthToken: token, From: sender, BaseURL: server.URL, Timeout: 10 * time.Second, Slots: 4,
			Brand: "Clinic", Texts: messagestest.Texts(), Clock: localtimetest.Clock("UTC"),
		})
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		if below != nil {
			s.SetTransport(below)
		}
		providertest.Measure(b, func() error {
			_, err := s.Send(b.Context(), n)
			return err
		})
	}
	b.Run("adapter", func(b *testing.B) { measure(b, nil) })
	b.Run("adapter without HTTP", func(b *testing.B) { measure(b, accepts(answer)) })
	b.Run("bare form post", func(b *testing.B) {
		client := new(http.Client)
		form := url.Values{
			"To": {patient}, "From": {sender}, "ValidityPeriod": {"36000"}, "SmartEncoded": {"true"},
			"Body": {"Clinic: appointment confirmed for Tue 6 May 2031, 12:30 UTC. Ref ABCDE237. Reply STOP to opt out."},
		}
		providertest.Measure(b, func() error {
			return providertest.PostForm(b, client, server.URL+"/2010-04-01/Accounts/"+account+"/Messages.json", form)
		})
	})
}
