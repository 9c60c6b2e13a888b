package mailgun_test

import (
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/portstest"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/mailgun"
)

func newSender(t testing.TB, cfg mailgun.Config) *mailgun.Sender {
	t.Helper()
	s, err := mailgun.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestMailgunKeepsTheContractOfASender(t *testing.T) {
	portstest.TestSender(t, func(t *testing.T) portstest.SenderHarness {
		server := newScripted(t)
		cfg := server.config()
		renamed := cfg
		renamed.Brand, renamed.Domain, renamed.From = "Praxis", "mail.praxis.example", "hello@praxis.example"
		return portstest.SenderHarness{
			Channel: domain.Email, Sender: newSender(t, cfg), Renamed: newSender(t, renamed), Fail: server.Fail,
			Accepted: server.recipients, Requests: server.Requests, LookBack: cfg.EventsRetention,
			Secrets: []string{cfg.APIKey, "a2V5LTAxMjM0NTY3ODlhYmNkZWY"},
		}
	})
}
