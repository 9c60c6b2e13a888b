package mailgun_test

import (
	"encoding/base64"
	"fmt"
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

// The contract holds however sends in doubt are looked up.
func TestMailgunKeepsTheContractOfASender(t *testing.T) {
	for api, ways := range map[mailgun.LookUpAPI]int{mailgun.LookUpAuto: 2, mailgun.LookUpEvents: 1, mailgun.LookUpLogs: 1} {
		t.Run(string(api), func(t *testing.T) {
			portstest.TestSender(t, func(t *testing.T) portstest.SenderHarness {
				server := newScripted(t)
				cfg := server.config()
				cfg.LookUpAPI = api
				renamed := cfg
				renamed.Brand, renamed.Domain, renamed.From = "Praxis", "mail.praxis.example", "hello@praxis.example"
				return portstest.SenderHarness{
					Address: func(i int) string { return fmt.Sprintf("patient-%d@clinic.example", i) },
					Channel: domain.Email, Sender: newSender(t, cfg), Renamed: newSender(t, renamed), Fail: server.Fail,
					Accepted: server.recipients, Ways: ways, Requests: server.Requests, LookBack: cfg.EventsRetention,
					Secrets: []string{
						cfg.APIKey, base64.StdEncoding.EncodeToString([]byte("api:" + cfg.APIKey))[8:20],
						cfg.ReadAPIKey, base64.StdEncoding.EncodeToString([]byte("api:" + cfg.ReadAPIKey))[8:20],
					},
				}
			})
		})
	}
}
