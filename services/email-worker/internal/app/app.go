// Package app wires the e-mail worker.
package app

import (
	"go.uber.org/fx"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkafx"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/mailgun"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/settings"
)

// Options lists the modules of the worker. It is pure: no I/O, no environment.
func Options(cfg settings.EmailWorker) fx.Option {
	return kafkafx.Channel(kafkafx.Settings{
		Program: cfg.Program(), Kafka: cfg.Kafka, Delivery: cfg.Delivery, Receipts: cfg.Receipts,
		ProviderTimeout: cfg.Mailgun.Timeout, RatePerSecond: cfg.Mailgun.RatePerSecond,
		AccountHint: "MAILGUN_API_KEY, MAILGUN_DOMAIN, MAILGUN_FROM_EMAIL, MAILGUN_API_BASE_URL (region) and the account at Mailgun",
		Clock:       cfg.Message.Clock(), Texts: cfg.Message.Texts(),
	}, func() (*mailgun.Sender, error) { return mailgun.New(senderConfig(cfg)) },
		func(s *mailgun.Sender) ports.ReceiptSource { return s })
}

func senderConfig(cfg settings.EmailWorker) mailgun.Config {
	return mailgun.Config{
		APIKey: cfg.Mailgun.APIKey.Reveal(), ReadAPIKey: cfg.Mailgun.LookUpKey().Reveal(), LookUpAPI: mailgun.LookUpAPI(cfg.Mailgun.LookUpAPI),
		Domain: cfg.Mailgun.Domain, From: cfg.Mailgun.FromEmail,
		BaseURL: cfg.Mailgun.APIBaseURL, Timeout: cfg.Mailgun.Timeout, EventsRetention: cfg.Mailgun.EventsRetention,
		Visibility: cfg.Delivery.Visibility, Slots: kafkafx.ProviderSlots(cfg.Delivery),
		Brand: cfg.Message.BrandName, Texts: cfg.Message.Texts(), Clock: cfg.Message.Clock(), AppointmentDuration: cfg.Calendar.AppointmentDuration,
	}
}
