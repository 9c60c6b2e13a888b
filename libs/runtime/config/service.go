package config

import "time"

// Service is what every long-running program has.
type Service struct {
	HealthAddr string `env:"HEALTH_ADDR" is:"address" default:"per program" about:"Where /livez, /readyz, /status and /metrics are served."`
	LogLevel   string `env:"LOG_LEVEL" envDefault:"info" is:"oneof debug|info|warn|error" about:"The least severe log lines that are written."`
	// LogFormat is empty when it was not given: console on a terminal, else json.
	LogFormat string `env:"LOG_FORMAT" is:"oneof json|console" shown:"json; console on a terminal" about:"How log lines are written."`
}

// Shared returns the group, so that code which knows only that a program embeds
// it can reach it.
func (s Service) Shared() Service { return s }

// Message is how messages of every channel speak to the patient.
type Message struct {
	BrandName string `env:"BRAND_NAME" envDefault:"Appointments" is:"text 64" about:"Who the messages come from, as the patient reads it."`
	// DisplayTimezone is the name of a zone that time.LoadLocation knows.
	DisplayTimezone string `env:"DISPLAY_TIMEZONE" envDefault:"UTC" is:"zone" about:"The time zone that times are shown in when the event names none."`
}

// Zone returns the time zone of DisplayTimezone.
func (m Message) Zone() *time.Location {
	zone, err := time.LoadLocation(m.DisplayTimezone)
	if err != nil {
		return time.UTC // Cannot happen after Load.
	}
	return zone
}
