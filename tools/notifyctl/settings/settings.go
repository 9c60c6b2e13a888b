// Package settings describes what notifyctl reads from its environment for work
// on topics.
package settings

import (
	"cmp"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

// Notifyctl holds all settings of tools/notifyctl.
type Notifyctl struct {
	Connection    config.Connection
	Topics        config.Topics
	TopicCreation config.TopicCreation
}

// Program returns the operator's tool.
func (Notifyctl) Program() config.Program { return config.Program{Name: "notifyctl"} }

// Check warns about topics that channels would share.
func (c *Notifyctl) Check(r *config.Report) { c.Topics.WarnShared(r) }

// Texts holds what decides about messages: the workers' own settings, without
// those that only sending needs.
type Texts struct {
	Message  config.Message
	SMS      SMS
	Calendar Calendar
}

// Program returns the operator's tool.
func (Texts) Program() config.Program { return config.Program{Name: "notifyctl"} }

// Check finds the name that text messages come from.
func (t *Texts) Check(*config.Report) { t.SMS.BrandName = cmp.Or(t.SMS.BrandName, t.Message.BrandName) }

// SMS is what text messages look like.
type SMS struct {
	// BrandName is Message.BrandName where it is not given.
	BrandName string `env:"SMS_BRAND_NAME" is:"text 64" about:"Who text messages come from."`
	// FromPhone is empty where it is not given.
	FromPhone string `env:"TWILIO_FROM_PHONE" is:"text 64" about:"The number that SMS are sent from; it decides how long a segment is."`
}

// Calendar is what calendar files look like.
type Calendar struct {
	AppointmentDuration time.Duration `env:"APPOINTMENT_DURATION" envDefault:"30m" is:"duration 1m..168h" about:"How long an appointment lasts in the attached calendar file."`
}
