package config_test

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

// worker is a channel worker like those under services, with an account at a
// provider that does not exist.
type worker struct {
	config.Service
	Kafka    config.Kafka
	Delivery config.Delivery
	Account  account
	Message  config.Message
}

type account struct {
	APIKey        config.Secret `env:"BEACON_API_KEY,required" is:"secret token" about:"The key."`
	Domain        string        `env:"BEACON_DOMAIN,required" is:"domain" about:"The domain."`
	FromEmail     string        `env:"BEACON_FROM_EMAIL,required" is:"mailbox" about:"The sender."`
	APIBaseURL    string        `env:"BEACON_API_BASE_URL" envDefault:"https://api.beacon.example" is:"url" about:"The API."`
	Timeout       time.Duration `env:"BEACON_TIMEOUT_SECONDS" envDefault:"10" is:"seconds 0.01..300" about:"The deadline."`
	RatePerSecond float64       `env:"BEACON_RATE_PER_SECOND" envDefault:"0" is:"number 0..100000" about:"The rate."`
}

func (worker) Program() config.Program {
	return config.Program{Name: "push-worker", Channel: domain.Email, Defaults: map[string]string{
		"HEALTH_ADDR": "127.0.0.1:8081", "NOTIFY_MAX_EVENT_AGE": "0s", "RECONCILE_VISIBILITY_SECONDS": "1800",
	}}
}

// gated is a program whose account matters only once it is switched on.
type gated struct {
	config.Service
	Kafka    config.Kafka
	Delivery config.Delivery
	Account  switched
}

type switched struct {
	Enabled    bool          `env:"BEACON_ENABLED" envDefault:"false" is:"bool" about:"The switch."`
	AccountSID string        `env:"BEACON_ACCOUNT_SID,required" is:"pattern ^BE[0-9a-f]{4}$" want:"BE and 4 hexadecimal digits" when:"BEACON_ENABLED" about:"The account."`
	AuthToken  config.Secret `env:"BEACON_AUTH_TOKEN,required" is:"secret token" when:"BEACON_ENABLED" about:"The token."`
	FromPhone  string        `env:"BEACON_FROM_PHONE,required" is:"phone" when:"BEACON_ENABLED" about:"The number."`
}

func (gated) Program() config.Program {
	return config.Program{Name: "gated-worker", Channel: domain.SMS, Defaults: map[string]string{
		"HEALTH_ADDR": "127.0.0.1:8082", "NOTIFY_MAX_EVENT_AGE": "24h", "RECONCILE_VISIBILITY_SECONDS": "60",
	}}
}

// all is a program that serves all channels.
type all struct {
	Connection config.Connection
	Topics     config.Topics
}

func (all) Program() config.Program { return config.Program{Name: "all"} }

func (a *all) Check(r *config.Report) { a.Topics.WarnShared(r) }
