// Package app wires the push worker.
package app

import (
	"go.uber.org/fx"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkafx"
	"github.com/kafka-notifications/kafka-notifications/services/push-worker/internal/beacon"
	"github.com/kafka-notifications/kafka-notifications/services/push-worker/settings"
)

// Options lists the modules of the worker. It is pure: no I/O, no environment.
func Options(cfg settings.PushWorker) fx.Option {
	return kafkafx.Channel(kafkafx.Settings{
		Program: cfg.Program(), Kafka: cfg.Kafka, Delivery: cfg.Delivery,
		ProviderTimeout: cfg.Beacon.Timeout,
		AccountHint:     "BEACON_TOKEN, BEACON_URL and the account at Beacon",
		Clock:           cfg.Message.Clock(),
		Texts:           cfg.Message.Texts(),
	}, func() (*beacon.Sender, error) {
		return beacon.New(beacon.Config{
			Token: cfg.Beacon.Token.Reveal(), BaseURL: cfg.Beacon.URL, Timeout: cfg.Beacon.Timeout,
			Slots: kafkafx.ProviderSlots(cfg.Delivery), Brand: cfg.Message.BrandName, Clock: cfg.Message.Clock(),
		})
	})
}
