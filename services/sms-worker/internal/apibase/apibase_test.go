package apibase_test

import (
	"testing"

	"github.com/kafka-notifications/kafka-notifications/services/sms-worker/internal/apibase"
)

func TestTheBaseURLIsTheRootOfTheAPI(t *testing.T) {
	for raw, want := range map[string]string{
		"https://api.twilio.com": "https://api.twilio.com", "https://api.twilio.com/": "https://api.twilio.com",
		"http://gateway.example/twilio/": "http://gateway.example/twilio",
	} {
		if got, err := apibase.Of(raw); err != nil || got.String() != want {
			t.Errorf("Of(%q) = %v, %v; want %s", raw, got, err, want)
		}
	}
	for _, raw := range []string{
		"", "api.twilio.com", "https://api.twilio.com/2010-04-01", "https://api.twilio.com/2010-04-01/Accounts/AC0/Messages.json",
		"https://gateway.example/twilio/2010-04-01/", "https://gateway.example/Accounts/AC0", "https://gateway.example/Messages.json",
	} {
		if got, err := apibase.Of(raw); err == nil {
			t.Errorf("Of(%q) = %v, want an error", raw, got)
		}
	}
}
