package settings_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/settings"
)

// original is what the original system's e-mail worker was given.
func original(more ...string) config.Env {
	e := config.Env{
		"KAFKA_BOOTSTRAP_SERVERS": "localhost:9092",
		"MAILGUN_API_KEY":         "hunter2-key",
		"MAILGUN_DOMAIN":          "mg.clinic.example",
		"MAILGUN_FROM_EMAIL":      "Clinic <appointments@mg.clinic.example>",
	}
	for i := 0; i < len(more); i += 2 {
		e[more[i]] = more[i+1]
	}
	return e
}

func TestTheOriginalVariablesAloneAreEnough(t *testing.T) {
	cfg, warnings, err := config.Load[settings.EmailWorker](original())
	if err != nil || len(warnings) > 0 {
		t.Fatalf("err %v, warnings %q", err, warnings)
	}
	for what, same := range map[string]bool{
		"mailgun": cfg.Mailgun == settings.Mailgun{
			APIKey: config.NewSecret("hunter2-key"), LookUpAPI: "auto", Domain: "mg.clinic.example",
			FromEmail: "Clinic <appointments@mg.clinic.example>", APIBaseURL: "https://api.mailgun.net",
			Timeout: 10 * time.Second, EventsRetention: 24 * time.Hour,
		},
		"calendar": cfg.Calendar.AppointmentDuration == 30*time.Minute,
		"group":    cfg.Kafka.Consumer.GroupID == "notifications-email-worker",
		"ledger":   cfg.Kafka.Topics.Declared().LedgerFor(domain.Email) == "notifications.email.ledger",
		"delivery": cfg.Delivery.Visibility == 30*time.Minute && cfg.Delivery.MaxEventAge == 0,
		"health":   cfg.HealthAddr == "127.0.0.1:8081",
	} {
		if !same {
			t.Errorf("%s: wrong default in %+v", what, cfg)
		}
	}
}

func TestLookUpsHaveAKeyOfTheirOwnWhereOneIsGiven(t *testing.T) {
	for read, want := range map[string]string{"": "hunter2-key", "hunter2-read": "hunter2-read"} {
		cfg, _, err := config.Load[settings.EmailWorker](original("MAILGUN_READ_API_KEY", read))
		if err != nil || cfg.Mailgun.LookUpKey().Reveal() != want || cfg.Mailgun.APIKey.Reveal() != "hunter2-key" {
			t.Errorf("read key %q: %v", read, err)
		}
	}
}

func TestARetentionInWhichNoLookUpCouldAnswerIsRefused(t *testing.T) {
	_, _, err := config.Load[settings.EmailWorker](original("MAILGUN_EVENTS_RETENTION", "90m"))
	var faults config.Faults
	if !errors.As(err, &faults) || len(faults) != 1 || faults[0].Name != "MAILGUN_EVENTS_RETENTION" {
		t.Errorf("got %v", err)
	}
}

func TestTheSupersededSwitchNamesItsSuccessor(t *testing.T) {
	_, warnings, err := config.Load[settings.EmailWorker](original("KAFKA_EMAIL_WORKER_FORCE_SMS_DISABLED", "false"))
	if err != nil || !slices.ContainsFunc(warnings, func(w string) bool { return strings.Contains(w, "SMS_WORKER_ENABLED") }) {
		t.Errorf("err %v, warnings %q", err, warnings)
	}
}

func TestSettingsOfTheOtherWorkersMayStandBesideIt(t *testing.T) {
	_, warnings, err := config.Load[settings.EmailWorker](original("SMS_WORKER_ENABLED", "false", "TWILIO_RATE_PER_SECOND", "3",
		"TWILIO_AUTH_TOKEN_FILE", "/run/secrets/token", "KAFKA_HEAP_OPTS", "-Xmx1g", "MAILGUN_API_KEYS", ""))
	if err != nil || len(warnings) > 0 {
		t.Errorf("err %v, warnings %q", err, warnings)
	}
}
