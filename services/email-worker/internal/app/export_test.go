package app

import (
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/mailgun"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/settings"
)

// NewSender makes the sender as a start does.
func NewSender(cfg settings.EmailWorker) (*mailgun.Sender, error) {
	return mailgun.New(senderConfig(cfg))
}
