// Package app wires the e-mail worker.
package app

import (
	"go.uber.org/fx"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkafx"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/runtimefx"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/mailgun"
)

// Options lists the modules of the worker. It is pure: no I/O, no environment.
func Options(cfg config.EmailWorker) fx.Option {
	return fx.Options(
		kafkafx.StopTimeout(cfg.Delivery),
		runtimefx.Observer(domain.Email),
		fx.Supply(kafkafx.Settings{
			Program: cfg.Program(), Kafka: cfg.Kafka, Delivery: cfg.Delivery,
			ProviderTimeout: cfg.Mailgun.Timeout, RatePerSecond: cfg.Mailgun.RatePerSecond,
		}),
		fx.Module("mailgun",
			fx.Supply(senderConfig(cfg)),
			fx.Provide(fx.Annotate(newSender, fx.As(new(ports.Sender)))),
		),
		kafkafx.Worker(),
	)
}

func senderConfig(cfg config.EmailWorker) mailgun.Config {
	return mailgun.Config{
		APIKey: cfg.Mailgun.APIKey.Reveal(), Domain: cfg.Mailgun.Domain, From: cfg.Mailgun.FromEmail,
		BaseURL: cfg.Mailgun.APIBaseURL, Timeout: cfg.Mailgun.Timeout, EventsRetention: cfg.Mailgun.EventsRetention,
		// Look-ups come on top of the sends.
		Slots: cfg.Delivery.Concurrency + delivery.ConcurrentLookUps,
		Brand: cfg.Message.BrandName, Zone: cfg.Message.Zone(), AppointmentDuration: cfg.Calendar.AppointmentDuration,
	}
}

func newSender(lc fx.Lifecycle, cfg mailgun.Config) (*mailgun.Sender, error) {
	s, err := mailgun.New(cfg)
	if err != nil {
		return nil, err
	}
	lc.Append(fx.StopHook(s.Close))
	return s, nil
}
