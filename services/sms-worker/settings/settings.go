// Package settings describes the settings of sms-worker. It is public so that tools
// which check or document settings use the same rules.
package settings

import (
	"cmp"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/messages"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

// SMSWorker holds all settings of services/sms-worker.
type SMSWorker struct {
	config.Service
	Kafka    config.Kafka
	Delivery config.Delivery
	Receipts config.Receipts
	Twilio   Twilio
	Message  config.Message
}

// Program returns the SMS worker and the defaults that are its own.
func (SMSWorker) Program() config.Program {
	return config.Program{Name: "sms-worker", Channel: domain.SMS, Defaults: map[string]string{
		"HEALTH_ADDR":                  "127.0.0.1:8082",
		"NOTIFY_MAX_EVENT_AGE":         "24h",
		"RECONCILE_VISIBILITY_SECONDS": "1800",
	}}
}

// Check finds the name that text messages come from, and reports one that they cannot
// show. BRAND_NAME itself stays valid, because e-mails can show it.
func (c *SMSWorker) Check(r *config.Report) {
	const name, shared = "SMS_BRAND_NAME", "BRAND_NAME"
	if r.Faulty(name) || r.Faulty(shared) {
		return
	}
	given := c.Twilio.BrandName != ""
	c.Twilio.BrandName = cmp.Or(c.Twilio.BrandName, c.Message.BrandName)
	err := messages.CheckBrand(c.Twilio.BrandName)
	if err == nil {
		return
	}
	problem := err.Error()
	if !given {
		problem = "must be given, because it is " + shared + " otherwise. It " + problem
	}
	if c.Twilio.Enabled {
		r.Fault(name, problem)
		return
	}
	r.Warn(name + " " + problem + "; it has no effect until SMS_WORKER_ENABLED=true")
}
