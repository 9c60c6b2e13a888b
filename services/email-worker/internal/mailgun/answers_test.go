package mailgun_test

import (
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/provider/providertest"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/mailgun"
)

// An incomplete or foreign answer leaves the outcome of the message open.
func TestOnlyAWholeAnswerOfMailgunIsBelieved(t *testing.T) {
	providertest.TestAnswers(t, providertest.Speaker{
		New: func(t *testing.T, url string, timeout time.Duration) ports.Sender {
			cfg := newScripted(t).config()
			cfg.BaseURL, cfg.Timeout, cfg.DialContext, cfg.LookUpAPI = url, timeout, nil, mailgun.LookUpEvents
			return newSender(t, cfg)
		},
		Notification: confirmation(t, patient),
		Accepted:     [2]string{"200 OK", `{"id":"<1@mg.clinic.example>","message":"Queued. Thank you."}`},
		Refused:      [2]string{"400 Bad Request", `{"message":"'to' parameter is not a valid address. please check documentation"}`},
		None:         `{"items":[],"paging":{"next":"https://api.mailgun.example/v3/mg.clinic.example/events/W10="}}`,
	})
}
