// Package settings describes the settings of dlq-replayer. It is public so that tools
// which check or document settings use the same rules.
package settings

import "github.com/kafka-notifications/kafka-notifications/libs/runtime/config"

// DLQReplayer holds all settings of services/dlq-replayer.
type DLQReplayer struct {
	config.Service
	Connection config.Connection
	Topics     config.Topics
	Producer   config.Producer
	Console    Console
	// Recipients is the workers' allowlist, for forecasts.
	Recipients config.Recipients
	Twilio     Twilio
}

// Twilio holds the settings of the SMS channel that the replayer shows; the sms-worker
// reads the same.
type Twilio struct {
	Enabled bool `env:"SMS_WORKER_ENABLED" envDefault:"false" is:"bool" about:"Off until the toll-free number is approved: the sms-worker is healthy and idle, and needs no credentials."`
}

// Program returns the replayer and the defaults that are its own.
func (DLQReplayer) Program() config.Program {
	return config.Program{Name: "dlq-replayer", Defaults: map[string]string{"HEALTH_ADDR": "127.0.0.1:8083"}}
}

// Check warns about topics that channels would share.
func (c *DLQReplayer) Check(r *config.Report) { c.Topics.WarnShared(r) }
