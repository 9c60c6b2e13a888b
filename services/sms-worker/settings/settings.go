// Package settings describes what sms-worker reads from its environment. It is
// public so that tools which check or document settings read the same rules.
package settings

import (
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

// SMSWorker holds all settings of services/sms-worker.
type SMSWorker struct {
	config.Service
	Kafka    config.Kafka
	Delivery config.Delivery
	Twilio   Twilio
	Message  config.Message
}

// Program returns the SMS worker and the defaults that are its own.
func (SMSWorker) Program() config.Program {
	return config.Program{Name: "sms-worker", Channel: domain.SMS, Defaults: map[string]string{
		"HEALTH_ADDR":                  "127.0.0.1:8082",
		"NOTIFY_MAX_EVENT_AGE":         "24h",
		"RECONCILE_VISIBILITY_SECONDS": "60",
	}}
}
