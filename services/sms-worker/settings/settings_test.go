package settings_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/services/sms-worker/settings"
)

func enabled(more ...string) config.Env {
	e := config.Env{
		"KAFKA_BOOTSTRAP_SERVERS": "localhost:9092",
		"SMS_WORKER_ENABLED":      "true",
		"TWILIO_ACCOUNT_SID":      "AC00000000000000000000000000000000",
		"TWILIO_AUTH_TOKEN":       "hunter2-token",
		"TWILIO_FROM_PHONE":       "+15550101000",
	}
	for i := 0; i < len(more); i += 2 {
		e[more[i]] = more[i+1]
	}
	return e
}

// names returns the settings that err complains about, in its order.
func names(t *testing.T, err error) []string {
	t.Helper()
	var faults config.Faults
	if err != nil && !errors.As(err, &faults) {
		t.Fatalf("want Faults, got %T: %v", err, err)
	}
	var names []string
	for _, fault := range faults {
		names = append(names, fault.Name)
	}
	return names
}

func TestTheChannelsOwnDefaults(t *testing.T) {
	cfg, _, err := config.Load[settings.SMSWorker](enabled())
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Kafka.Consumer.GroupID != "notifications-sms-worker" || cfg.HealthAddr != "127.0.0.1:8082" ||
		cfg.Delivery.MaxEventAge != 24*time.Hour || cfg.Delivery.Visibility != 30*time.Minute || cfg.Twilio.RatePerSecond != 3 ||
		cfg.Kafka.Topics.Declared().LedgerFor(domain.SMS) != "notifications.sms.ledger" {
		t.Errorf("wrong defaults: %+v", cfg)
	}
}

func TestTwilioIsNotLookedAtWhileSMSIsOff(t *testing.T) {
	e := config.Env{"KAFKA_BOOTSTRAP_SERVERS": "localhost:9092", "TWILIO_FROM_PHONE": "to be ordered"}
	cfg, warnings, err := config.Load[settings.SMSWorker](e)
	if err != nil || cfg.Twilio.Enabled {
		t.Fatalf("enabled %v, err %v", cfg.Twilio.Enabled, err)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "TWILIO_FROM_PHONE must be") {
		t.Errorf("want one warning of the malformed number, got %q", warnings)
	}
	e["SMS_WORKER_ENABLED"] = "true"
	_, _, err = config.Load[settings.SMSWorker](e)
	if got, want := names(t, err), []string{"TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM_PHONE"}; !slices.Equal(got, want) {
		t.Errorf("faults %q, want %q", got, want)
	}
}

// A name that loses letters reads as another one, in text messages only.
func TestANameThatTextMessagesCannotShowIsRefusedByItsSetting(t *testing.T) {
	for _, brand := range []string{"Клиника 24", "Dr. Ελένη Παπαδοπούλου", "さくら歯科", strings.Repeat("Ж", 57), "---", strings.Repeat("-", 63) + "A"} {
		_, _, err := config.Load[settings.SMSWorker](enabled("BRAND_NAME", brand))
		if got := names(t, err); !slices.Equal(got, []string{"SMS_BRAND_NAME"}) {
			t.Errorf("BRAND_NAME=%s: faults %q", brand, got)
		}
		if err != nil && strings.Contains(err.Error(), brand) {
			t.Errorf("the value is shown: %v", err)
		}
		_, _, err = config.Load[settings.SMSWorker](enabled("SMS_BRAND_NAME", brand))
		if got := names(t, err); !slices.Equal(got, []string{"SMS_BRAND_NAME"}) {
			t.Errorf("SMS_BRAND_NAME=%s: faults %q", brand, got)
		}
		cfg, warnings, err := config.Load[settings.SMSWorker](enabled("BRAND_NAME", brand, "SMS_BRAND_NAME", "Klinika 24"))
		if err != nil || len(warnings) > 0 || cfg.Twilio.BrandName != "Klinika 24" || cfg.Message.BrandName != brand {
			t.Errorf("with a name of its own: %v, %q, %+v", err, warnings, cfg.Twilio)
		}
		_, warnings, err = config.Load[settings.SMSWorker](enabled("SMS_WORKER_ENABLED", "false", "BRAND_NAME", brand))
		if err != nil || len(warnings) != 1 || !strings.HasPrefix(warnings[0], "SMS_BRAND_NAME must be given") {
			t.Errorf("while SMS is off: %v, %q", err, warnings)
		}
	}
	cfg, _, err := config.Load[settings.SMSWorker](enabled("BRAND_NAME", "Praxis Müller"))
	if err != nil || cfg.Twilio.BrandName != "Praxis Müller" {
		t.Errorf("the shared name: %v, %+v", err, cfg.Twilio)
	}
}

func TestMalformedAccountsAreRefused(t *testing.T) {
	for name, illegal := range map[string][]string{
		"TWILIO_ACCOUNT_SID": {"SK00000000000000000000000000000000", "AC0"},
		"TWILIO_FROM_PHONE":  {"15550101000", "+05550101000", "+1 555 010 1000", "+1555010100000000"},
	} {
		for _, value := range illegal {
			_, _, err := config.Load[settings.SMSWorker](enabled(name, value))
			if got := names(t, err); !slices.Equal(got, []string{name}) {
				t.Errorf("%s=%q: faults %q", name, value, got)
			}
		}
	}
}
