// Package settings describes the settings of email-worker. It is public so that tools
// which check or document settings use the same rules.
package settings

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

// EmailWorker holds all settings of services/email-worker.
type EmailWorker struct {
	config.Service
	Kafka      config.Kafka
	Delivery   config.Delivery
	Receipts   config.Receipts
	Mailgun    Mailgun
	Message    config.Message
	Calendar   Calendar
	Superseded Superseded
}

// Program returns the e-mail worker and the defaults that are its own.
func (EmailWorker) Program() config.Program {
	return config.Program{Name: "email-worker", Channel: domain.Email, Defaults: map[string]string{
		"HEALTH_ADDR":                  "127.0.0.1:8081",
		"NOTIFY_MAX_EVENT_AGE":         "0s",
		"RECONCILE_VISIBILITY_SECONDS": "1800",
	}}
}

// Check reports limits that contradict each other.
func (c *EmailWorker) Check(r *config.Report) {
	const retention, settle, visibility = "MAILGUN_EVENTS_RETENTION", "RECONCILE_SETTLE_SECONDS", "RECONCILE_VISIBILITY_SECONDS"
	if r.Faulty(retention) || r.Faulty(settle) || r.Faulty(visibility) {
		return
	}
	// Look-ups keep an hour's distance from the end of the retention.
	if c.Mailgun.EventsRetention <= c.Delivery.Settle+c.Delivery.Visibility+time.Hour {
		r.Fault(retention, "must be over an hour longer than "+settle+" and "+visibility+" together: a send in doubt could never be looked up")
	}
}

// Calendar holds the settings of the attached calendar file.
type Calendar struct {
	AppointmentDuration time.Duration `env:"APPOINTMENT_DURATION" envDefault:"30m" is:"duration 1m..168h" about:"How long an appointment lasts in the attached calendar file."`
}

// Superseded holds settings of the original system that no longer have an effect.
type Superseded struct {
	ForceSMSDisabled bool `env:"KAFKA_EMAIL_WORKER_FORCE_SMS_DISABLED" envDefault:"true" is:"bool" about:"Superseded by SMS_WORKER_ENABLED: the e-mail worker cannot send SMS."`
}

// Check warns about settings that no longer have their former effect.
func (s *Superseded) Check(r *config.Report) {
	if !s.ForceSMSDisabled && !r.Faulty("KAFKA_EMAIL_WORKER_FORCE_SMS_DISABLED") {
		r.Warn("KAFKA_EMAIL_WORKER_FORCE_SMS_DISABLED=false has no effect: the e-mail worker cannot send SMS. " +
			"SMS are sent by the sms-worker once SMS_WORKER_ENABLED=true")
	}
}
