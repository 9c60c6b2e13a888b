package provider_test

import (
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/provider"
)

func TestABaseURLIsNormalised(t *testing.T) {
	for raw, want := range map[string]string{
		"https://api.mailgun.net":        "https://api.mailgun.net",
		"https://api.mailgun.net/":       "https://api.mailgun.net",
		" https://api.mailgun.net/v3// ": "https://api.mailgun.net/v3",
		"HTTP://127.0.0.1:8080/a%20b/":   "http://127.0.0.1:8080/a%20b",
		"http://[::1]:8080":              "http://[::1]:8080",
	} {
		if u, err := provider.ParseBaseURL(raw); err != nil || u.String() != want {
			t.Errorf("ParseBaseURL(%q) = %v, %v; want %s", raw, u, err, want)
		}
	}
}

func TestABaseURLThatCannotBeUsedIsRefusedWithoutQuotingIt(t *testing.T) {
	for _, raw := range []string{
		"", "api.mailgun.net", "ftp://hunter2.example", "https://", "https:///v3", "https://user:hunter2@api.example",
		"https://api.example/?key=hunter2", "https://api.example/#hunter2", "https://api.example/?", "://hunter2", "https://api.example:hunter2",
		"https://:443",
	} {
		if u, err := provider.ParseBaseURL(raw); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("ParseBaseURL(%q) = %v, %v; want an error that does not quote it", raw, u, err)
		}
	}
}
