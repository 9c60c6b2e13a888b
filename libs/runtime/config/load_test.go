package config_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

// workerEnv is what the original system's e-mail worker was given.
func workerEnv(more ...string) config.Env {
	e := config.Env{
		"KAFKA_BOOTSTRAP_SERVERS": "localhost:9092",
		"BEACON_API_KEY":          "hunter2-key",
		"BEACON_DOMAIN":           "mg.clinic.example",
		"BEACON_FROM_EMAIL":       "Clinic <appointments@mg.clinic.example>",
	}
	for i := 0; i < len(more); i += 2 {
		e[more[i]] = more[i+1]
	}
	return e
}

func gatedEnv(more ...string) config.Env {
	e := config.Env{
		"KAFKA_BOOTSTRAP_SERVERS": "localhost:9092",
		"BEACON_ENABLED":          "true",
		"BEACON_ACCOUNT_SID":      "BE0000",
		"BEACON_AUTH_TOKEN":       "hunter2-token",
		"BEACON_FROM_PHONE":       "+15550101000",
	}
	for i := 0; i < len(more); i += 2 {
		e[more[i]] = more[i+1]
	}
	return e
}

// faultsOf returns the names that err complains about, in its order.
func faultsOf(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var faults config.Faults
	if !errors.As(err, &faults) {
		t.Fatalf("want Faults, got %T: %v", err, err)
	}
	var names []string
	for _, fault := range faults {
		names = append(names, fault.Name)
	}
	return names
}

func TestTheRequiredVariablesAloneAreEnough(t *testing.T) {
	cfg, warnings, err := config.Load[worker](workerEnv())
	if err != nil || len(warnings) > 0 {
		t.Fatalf("err %v, warnings %q", err, warnings)
	}
	for what, same := range map[string]bool{
		"servers":     slices.Equal(cfg.Kafka.Connection.BootstrapServers, []string{"localhost:9092"}),
		"source":      cfg.Kafka.Topics.Source == "appointments.created",
		"dlq":         cfg.Kafka.Topics.DLQ == "appointments.created.dlq",
		"replay":      cfg.Kafka.Topics.Declared().ReplayFor(domain.Email) == "appointments.created.replay.email",
		"templates":   cfg.Kafka.Topics.Declared().ReplayFor(domain.SMS) == "appointments.created.replay.sms",
		"ledger":      cfg.Kafka.Topics.Declared().LedgerFor(domain.Email) == "notifications.email.ledger",
		"retention":   cfg.Kafka.Topics.LedgerRetention == 216*time.Hour,
		"group":       cfg.Kafka.Consumer.GroupID == "notifications-email-worker",
		"reset":       cfg.Kafka.Consumer.AutoOffsetReset == "earliest",
		"poll":        cfg.Kafka.Consumer.PollTimeout == time.Second && cfg.Kafka.Consumer.MaxPollRecords == 50,
		"session":     cfg.Kafka.Consumer.SessionTimeout == 15*time.Second && cfg.Kafka.Consumer.GroupInstanceID == "",
		"producer":    cfg.Kafka.Producer.SendTimeout == 10*time.Second && cfg.Kafka.Producer.Acks == "all",
		"dead letter": cfg.Kafka.Producer.DeadLetters.Enabled && cfg.Kafka.Producer.DeadLetters.SendTimeout == 10*time.Second,
		"security":    cfg.Kafka.Connection.Security == config.Security{Protocol: "PLAINTEXT"},
		"delivery": cfg.Delivery == config.Delivery{
			Concurrency: 64, MaxAttempts: 8, MaxElapsed: 30 * time.Minute,
			DrainTimeout: 20 * time.Second, Settle: 30 * time.Second, Visibility: 30 * time.Minute,
		},
		"account": cfg.Account == account{
			APIKey: config.NewSecret("hunter2-key"), Domain: "mg.clinic.example",
			FromEmail: "Clinic <appointments@mg.clinic.example>", APIBaseURL: "https://api.beacon.example",
			Timeout: 10 * time.Second,
		},
		"message": cfg.Message.BrandName == "Appointments" && cfg.Message.DisplayTimezone == "UTC" && cfg.Message.ZoneData == "",
		"service": cfg.Service.HealthAddr == "127.0.0.1:8081" && cfg.LogLevel == "info" && cfg.LogFormat == "",
		"tracing": cfg.Tracing.URL() == "" && cfg.Tracing.Sampler == "parentbased_always_on" && cfg.Tracing.SamplerArg == 1 && cfg.Tracing.TimeoutMillis == 10_000,
	} {
		if !same {
			t.Errorf("%s: wrong default in %+v", what, cfg)
		}
	}
}

func TestDefaultsDifferPerChannel(t *testing.T) {
	cfg, _, err := config.Load[gated](gatedEnv())
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Kafka.Consumer.GroupID != "notifications-sms-worker" || cfg.HealthAddr != "127.0.0.1:8082" ||
		cfg.Delivery.MaxEventAge != 24*time.Hour || cfg.Delivery.Visibility != time.Minute ||
		cfg.Kafka.Topics.Declared().LedgerFor(domain.SMS) != "notifications.sms.ledger" {
		t.Errorf("wrong defaults: %+v", cfg)
	}
}

func TestEveryMissingSettingIsReportedAtOnce(t *testing.T) {
	_, _, err := config.Load[worker](config.Env{"BEACON_DOMAIN": "  "})
	want := []string{"KAFKA_BOOTSTRAP_SERVERS", "BEACON_API_KEY", "BEACON_DOMAIN", "BEACON_FROM_EMAIL"}
	if got := faultsOf(t, err); !slices.Equal(got, want) {
		t.Errorf("faults %q, want %q", got, want)
	}
}

func TestEveryMalformedSettingIsReportedAtOnceAndNoValueIsShown(t *testing.T) {
	for _, program := range []struct {
		settings config.Settings
		load     func(config.Env) error
	}{
		{worker{}, loading[worker]},
		{gated{}, loading[gated]},
		{all{}, loading[all]},
		{all{}, loading[all]},
	} {
		t.Run(program.settings.Program().Name, func(t *testing.T) {
			e, want := config.Env{}, []string(nil)
			for _, s := range config.SettingsOf(program.settings) {
				e[s.Name] = "hunter2\x01:hunter2"
				want = append(want, s.Name)
			}
			e["BEACON_ENABLED"] = "true"
			want = slices.DeleteFunc(want, func(name string) bool { return name == "BEACON_ENABLED" })
			err := program.load(e)
			if got := faultsOf(t, err); !slices.Equal(got, want) {
				t.Errorf("faults\n%q\nwant\n%q", got, want)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("a value is shown: %v", err)
			}
		})
	}
}

func loading[T config.Settings](e config.Env) error {
	_, _, err := config.Load[T](e)
	return err
}

func TestAGroupThatIsSwitchedOffIsNotLookedAt(t *testing.T) {
	e := config.Env{"KAFKA_BOOTSTRAP_SERVERS": "localhost:9092", "BEACON_FROM_PHONE": "to be ordered"}
	cfg, warnings, err := config.Load[gated](e)
	if err != nil || cfg.Account.Enabled {
		t.Fatalf("enabled %v, err %v", cfg.Account.Enabled, err)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "BEACON_FROM_PHONE must be") {
		t.Errorf("want one warning of the malformed number, got %q", warnings)
	}
	e["BEACON_ENABLED"] = "true"
	want := []string{"BEACON_ACCOUNT_SID", "BEACON_AUTH_TOKEN", "BEACON_FROM_PHONE"}
	if got := faultsOf(t, loading[gated](e)); !slices.Equal(got, want) {
		t.Errorf("faults %q, want %q", got, want)
	}
}

func TestTheHealthAddressNeedsNoOtherSetting(t *testing.T) {
	s, err := config.LoadService(worker{}.Program(), config.Env{})
	if err != nil || s.HealthAddr != "127.0.0.1:8081" {
		t.Errorf("address %q, err %v", s.HealthAddr, err)
	}
}
