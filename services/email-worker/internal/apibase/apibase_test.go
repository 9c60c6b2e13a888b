package apibase_test

import (
	"testing"

	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/apibase"
)

func TestTheBaseURLEndsInV3Once(t *testing.T) {
	for raw, want := range map[string]string{
		"https://api.mailgun.net":           "https://api.mailgun.net/v3",
		"https://api.mailgun.net/":          "https://api.mailgun.net/v3",
		"https://api.mailgun.net/v3":        "https://api.mailgun.net/v3",
		"https://api.mailgun.net/v3/":       "https://api.mailgun.net/v3",
		"https://api.eu.mailgun.net":        "https://api.eu.mailgun.net/v3",
		"http://gateway.example/mailgun":    "http://gateway.example/mailgun/v3",
		"http://v3.example":                 "http://v3.example/v3",
		"http://127.0.0.1:8080/v3/mailgun/": "http://127.0.0.1:8080/v3/mailgun/v3",
	} {
		if got, err := apibase.Of(raw, "mg.clinic.example"); err != nil || got != want {
			t.Errorf("Of(%q) = %q, %v; want %q", raw, got, err, want)
		}
	}
	for _, raw := range []string{
		"", "api.mailgun.net", "https://api.mailgun.net/v4", "https://api.mailgun.net/v1/",
		"https://api.mailgun.net/v3/mg.clinic.example", "https://api.mailgun.net/v3/MG.clinic.example/messages", "https://api.eu.mailgun.net/v3/other.example/",
		"https://api.mailgun.net/v3/mg.clinic.example/v3", "https://api.mailgun.net/mg.clinic.example", "https://api.mailgun.net/v3/messages",
		"https://gateway.example/mailgun/v3/other.example", "https://gateway.example/mailgun/mg.clinic.example", "https://gateway.example/mailgun/messages",
		"https://gateway.example/v3/mg.clinic.example/events",
	} {
		if got, err := apibase.Of(raw, "mg.clinic.example"); err == nil {
			t.Errorf("Of(%q) = %q, want an error", raw, got)
		}
	}
}

func TestTheLogsAreBesideTheVersionAndBehindTheSameProxy(t *testing.T) {
	for raw, want := range map[string]string{
		"https://api.mailgun.net":            "https://api.mailgun.net/v1/analytics/logs",
		"https://api.eu.mailgun.net/v3/":     "https://api.eu.mailgun.net/v1/analytics/logs",
		"http://gateway.example/mailgun":     "http://gateway.example/mailgun/v1/analytics/logs",
		"http://gateway.example/v3/mailgun":  "http://gateway.example/v3/mailgun/v1/analytics/logs",
		"http://gateway.example/mailgun/v3/": "http://gateway.example/mailgun/v1/analytics/logs",
	} {
		base, err := apibase.Of(raw, "mg.clinic.example")
		if got := apibase.Logs(base); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", raw, got, err, want)
		}
	}
}
