package provider_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/provider"
)

func TestTheDelayIsWhatTheProviderAsksFor(t *testing.T) {
	now := time.Unix(1_900_000_000, 0).UTC()
	for name, c := range map[string]struct {
		retryAfter, reset, text string
		want                    time.Duration
	}{
		"nothing":                       {"", "", "", 0},
		"seconds":                       {"120", "", "", 2 * time.Minute},
		"a date":                        {now.Add(time.Minute).Format(http.TimeFormat), "", "", time.Minute},
		"a date in the past":            {now.Add(-time.Minute).Format(http.TimeFormat), "", "", 0},
		"a moment":                      {"", "1900000090", "", 90 * time.Second},
		"a moment in the past":          {"", "1899999999", "", 0},
		"a moment in milliseconds":      {"", "1900000089001", "", 90 * time.Second},
		"milliseconds in the past":      {"", "1899999999000", "", 0},
		"Mailgun's text":                {"", "", "Domain x is not allowed to send: account-requests-per-sec limit exceeded, try again after 120 seconds", 2 * time.Minute},
		"one second":                    {"", "", "try again after 1 second", time.Second},
		"another unit":                  {"", "", "try again after 2 hours", 0},
		"text that ends":                {"", "", "try again after ", 0},
		"the longest of all":            {"5", "1900000060", "try again after 30 seconds", time.Minute},
		"a negative number":             {"-5", "-5", "try again after -5 seconds", 0},
		"a fraction":                    {"1.5", "1.5", "", 0},
		"more than a day":               {"100000", "", "", 24 * time.Hour},
		"more than a number can hold":   {"99999999999999999999999", "9223372036854775807", "", 24 * time.Hour},
		"words":                         {"soon", "later", "try again after lunch", 0},
		"spaces around":                 {" 7 ", "", "", 7 * time.Second},
		"an empty number in the middle": {"", "", "try again after  seconds", 0},
	} {
		h := http.Header{}
		h.Set("Retry-After", c.retryAfter)
		h.Set("X-RateLimit-Reset", c.reset)
		if got := provider.Delay(h, c.text, now); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if got := provider.Delay(nil, "", now); got != 0 {
		t.Errorf("no header at all: %s", got)
	}
}

func FuzzTheDelayIsBounded(f *testing.F) {
	f.Add("120", "1900000090", "try again after 120 seconds")
	f.Add("Mon, 02 Jan 9999 15:04:05 GMT", "-9223372036854775808", "try again after ")
	f.Fuzz(func(t *testing.T, retryAfter, reset, text string) {
		h := http.Header{"Retry-After": {retryAfter}, "X-Ratelimit-Reset": {reset}}
		if d := provider.Delay(h, text, time.Now()); d < 0 || d > provider.MaxDelay {
			t.Errorf("delay %s", d)
		}
	})
}
