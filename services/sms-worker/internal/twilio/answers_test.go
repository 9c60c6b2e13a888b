package twilio_test

import (
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/provider/providertest"
)

// An incomplete or foreign answer leaves the outcome of the message open.
func TestOnlyAWholeAnswerOfTwilioIsBelieved(t *testing.T) {
	providertest.TestAnswers(t, providertest.Speaker{
		New: func(t *testing.T, url string, timeout time.Duration) ports.Sender {
			cfg := newScripted(t).config()
			cfg.BaseURL, cfg.Timeout, cfg.DialContext = url, timeout, nil
			return newSender(t, cfg)
		},
		Notification: note(t, "a-1", patient, tomorrow()),
		Accepted:     [2]string{"201 Created", `{"sid":"SM0123456789abcdef0123456789abcdef","status":"queued"}`},
		Refused:      [2]string{"400 Bad Request", `{"code":21211,"message":"not a valid phone number","status":400}`},
		None:         `{"messages":[],"next_page_uri":null}`,
	})
}
