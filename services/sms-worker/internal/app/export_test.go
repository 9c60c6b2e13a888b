package app

import (
	"github.com/kafka-notifications/kafka-notifications/services/sms-worker/internal/twilio"
	"github.com/kafka-notifications/kafka-notifications/services/sms-worker/settings"
)

// NewSender makes the sender as a start does.
func NewSender(cfg settings.SMSWorker) (*twilio.Sender, error) {
	return twilio.New(senderConfig(cfg))
}
