// Package settings describes what push-worker reads from its environment.
package settings

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

// Push is the channel, as libs/domain/channel.go lists it.
const Push domain.Channel = "push"

// PushWorker holds all settings of services/push-worker.
type PushWorker struct {
	config.Service
	Kafka    config.Kafka
	Delivery config.Delivery
	Beacon   Beacon
	Message  config.Message
}

// Program returns the push worker and the defaults that are its own.
func (PushWorker) Program() config.Program {
	return config.Program{Name: "push-worker", Channel: Push, Defaults: map[string]string{
		"HEALTH_ADDR":                  "127.0.0.1:8084",
		"NOTIFY_MAX_EVENT_AGE":         "24h",
		"RECONCILE_VISIBILITY_SECONDS": "60",
	}}
}

// Beacon is the account at the provider.
type Beacon struct {
	Token   config.Secret `env:"BEACON_TOKEN,required" is:"secret token" about:"The account's token."`
	URL     string        `env:"BEACON_URL,required" is:"url" about:"Beacon's API."`
	Timeout time.Duration `env:"BEACON_TIMEOUT_SECONDS" envDefault:"10" is:"seconds 0.01..300" about:"The deadline of one request to Beacon."`
}
