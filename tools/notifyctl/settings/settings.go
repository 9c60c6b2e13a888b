// Package settings describes the settings of notifyctl.
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

// Texts holds the workers' settings of messages, without those that only sending needs.
type Texts struct {
	Message  config.Message
	SMS      SMS
	Calendar Calendar
}

// Program returns the operator's tool.
func (Texts) Program() config.Program { return config.Program{Name: "notifyctl"} }

// Check finds the name that text messages come from.
func (t *Texts) Check(*config.Report) { t.SMS.BrandName = cmp.Or(t.SMS.BrandName, t.Message.BrandName) }

// SMS holds the settings of text messages.
type SMS struct {
	// BrandName defaults to Message.BrandName.
	BrandName string `env:"SMS_BRAND_NAME" is:"text 64" about:"Who text messages come from."`
	// FromPhone is empty if it is not set.
	FromPhone string `env:"TWILIO_FROM_PHONE" is:"text 64" about:"The number that SMS are sent from; it decides how long a segment is."`
}

// Calendar holds the settings of calendar files.
type Calendar struct {
	AppointmentDuration time.Duration `env:"APPOINTMENT_DURATION" envDefault:"30m" is:"duration 1m..168h" about:"How long an appointment lasts in the attached calendar file."`
}
