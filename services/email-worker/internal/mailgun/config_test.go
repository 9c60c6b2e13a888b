package mailgun_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/localtime/localtimetest"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/messagestest"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/mailgun"
)

func valid() mailgun.Config {
	return mailgun.Config{
		APIKey: "key-0123456789abcdef", ReadAPIKey: "read-fedcba9876543210", LookUpAPI: mailgun.LookUpAuto, Domain: "mg.clinic.example", From: "no-reply@clinic.example",
		BaseURL: "https://api.mailgun.net", Timeout: time.Second, EventsRetention: 24 * time.Hour, Slots: 1,
		Brand: "Clinic", Texts: messagestest.Texts(), Clock: localtimetest.Clock("UTC"), AppointmentDuration: 30 * time.Minute,
	}
}

func TestNonsenseIsRefusedBeforeAnythingIsSent(t *testing.T) {
	if _, err := mailgun.New(valid()); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*mailgun.Config){
		"API key":          func(c *mailgun.Config) { c.APIKey = "hunter2\n" },
		"for look-ups":     func(c *mailgun.Config) { c.ReadAPIKey = "hunter2\r" },
		"auto, events":     func(c *mailgun.Config) { c.LookUpAPI = "hunter2" },
		"domain":           func(c *mailgun.Config) { c.Domain = "https://mg.clinic.example" },
		"bare host name":   func(c *mailgun.Config) { c.Domain = "clinic" },
		"sender":           func(c *mailgun.Config) { c.From = "a@clinic.example, b@clinic.example" },
		"one address":      func(c *mailgun.Config) { c.From = "Clinic\r\nBcc: x@clinic.example <a@clinic.example>" },
		"base URL":         func(c *mailgun.Config) { c.BaseURL = "https://u:hunter2@api.example" },
		"end in /v3":       func(c *mailgun.Config) { c.BaseURL = "https://api.mailgun.net/v4" },
		"timeout":          func(c *mailgun.Config) { c.Timeout = 0 },
		"retention":        func(c *mailgun.Config) { c.EventsRetention = time.Hour },
		"visibility":       func(c *mailgun.Config) { c.Visibility = 23 * time.Hour },
		"slots":            func(c *mailgun.Config) { c.Slots = 0 },
		"brand":            func(c *mailgun.Config) { c.Brand = "Clinic\nBcc: x@clinic.example" },
		"clock":            func(c *mailgun.Config) { c.Clock = nil },
		"duration":         func(c *mailgun.Config) { c.AppointmentDuration = 0 },
		"events":           func(c *mailgun.Config) { c.EventsRetention = 0 },
		"without spaces":   func(c *mailgun.Config) { c.APIKey = "" },
		"must name a host": func(c *mailgun.Config) { c.BaseURL = "https://" },
	} {
		cfg := valid()
		spoil(&cfg)
		_, err := mailgun.New(cfg)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("want an error about %q without the value, got %v", want, err)
		}
	}
}

func TestAllFaultsAreNamedAtOnce(t *testing.T) {
	_, err := mailgun.New(mailgun.Config{})
	for _, want := range []string{"API key", "key for look-ups", "look-up API", "domain", "timeout", "retention", "slots", "sender", "base URL"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name the %s", err, want)
		}
	}
}
