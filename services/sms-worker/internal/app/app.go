// Package app wires the SMS worker.
package app

import (
	"go.uber.org/fx"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkafx"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/observe"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/runtimefx"
	"github.com/kafka-notifications/kafka-notifications/services/sms-worker/internal/twilio"
	"github.com/kafka-notifications/kafka-notifications/services/sms-worker/settings"
)

// disabled is the reason that a switched-off worker shows for doing nothing.
const disabled = "SMS_WORKER_ENABLED=false: no SMS is sent, no consumer group is joined and Twilio is not called. " +
	"Set it to true once the toll-free number is verified: the worker then starts at the group's position, at first the " +
	"earliest event, and skips what is past or too old"

const accountHint = "TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_FROM_PHONE and the account at Twilio"

// Options lists the modules of the worker. It is pure: no I/O, no environment.
func Options(cfg settings.SMSWorker) fx.Option {
	if !cfg.Twilio.Enabled {
		return fx.Options(
			runtimefx.Observer(observe.Hints{cfg.Program().Channel: accountHint}),
			runtimefx.Idle(cfg.Program().Channel, disabled),
		)
	}
	return kafkafx.Channel(kafkafx.Settings{
		Program: cfg.Program(), Kafka: cfg.Kafka, Delivery: cfg.Delivery, Receipts: cfg.Receipts,
		ProviderTimeout: cfg.Twilio.Timeout,
		// The limit is in segments; a message has one segment, except in languages
		// outside the GSM alphabet.
		RatePerSecond: cfg.Twilio.RatePerSecond,
		AccountHint:   accountHint,
		Clock:         cfg.Message.Clock(), Texts: cfg.Message.Texts(),
	}, func() (*twilio.Sender, error) { return twilio.New(senderConfig(cfg)) },
		func(s *twilio.Sender) ports.ReceiptSource { return s })
}

func senderConfig(cfg settings.SMSWorker) twilio.Config {
	return twilio.Config{
		AccountSID: cfg.Twilio.AccountSID, AuthToken: cfg.Twilio.AuthToken.Reveal(), From: cfg.Twilio.FromPhone,
		BaseURL: cfg.Twilio.APIBaseURL, Timeout: cfg.Twilio.Timeout, Visibility: cfg.Delivery.Visibility, Slots: kafkafx.ProviderSlots(cfg.Delivery),
		Brand: cfg.Twilio.BrandName, Texts: cfg.Message.Texts(), Clock: cfg.Message.Clock(),
	}
}
