package config_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

func TestLegalAndIllegalValues(t *testing.T) {
	for name, values := range map[string]struct{ legal, illegal []string }{
		"DELIVERY_CONCURRENCY":             {[]string{"1", "10000", " 64 "}, []string{"0", "10001", "6.5", "sixty"}},
		"BEACON_TIMEOUT_SECONDS":           {[]string{"0.25", "10", "300"}, []string{"0", "301", "NaN", "10s", "-1"}},
		"BEACON_RATE_PER_SECOND":           {[]string{"0", "2.5"}, []string{"-1", "inf", "fast"}},
		"DRAIN_TIMEOUT":                    {[]string{"20s", "1m30s", "20", "0.5"}, []string{"0", "11m", "soon"}},
		"NOTIFY_MAX_EVENT_AGE":             {[]string{"0", "24h"}, []string{"-1h", "1d"}},
		"KAFKA_PRODUCER_ACKS":              {[]string{"all", "ALL", "-1"}, []string{"1", "0"}},
		"KAFKA_AUTO_OFFSET_RESET":          {[]string{"earliest", "Latest"}, []string{"none"}},
		"KAFKA_DLQ_ENABLED":                {[]string{"true", "False", "1", "off"}, []string{"maybe"}},
		"LOG_LEVEL":                        {[]string{"debug", "WARN"}, []string{"loud"}},
		"LOG_FORMAT":                       {[]string{"json", "console"}, []string{"xml"}},
		"HEALTH_ADDR":                      {[]string{"0.0.0.0:8081", ":8081", "[::1]:0"}, []string{"8081", "localhost", "localhost:http", "127.0.0.1:70000"}},
		"KAFKA_BOOTSTRAP_SERVERS":          {[]string{"a:9092, b:9093", "[::1]:9092"}, []string{"kafka://a:9092", "a", ":9092", "a:9092,", "a:0"}},
		"BEACON_API_KEY":                   {[]string{"key-0123", "pass!wörd"}, []string{"key 0123", "\ufeffkey-0123", "key-\u200b0123"}},
		"RECIPIENT_ALLOWLIST":              {[]string{"@clinic.example,", "a@clinic.example, +15550100001"}, []string{",", " , ,", "clinic.example"}},
		"KAFKA_GROUP_INSTANCE_ID":          {[]string{"email-0"}, []string{"email 0", "..", "a/b", strings.Repeat("a", 250)}},
		"KAFKA_TOPIC_APPOINTMENTS_CREATED": {[]string{"events_1.a-b"}, []string{"events{channel}", "a b", "."}},
		"KAFKA_TOPIC_LEDGER":               {[]string{"l.{channel}", "plain"}, []string{"l.{chanel}", "a,b"}},
		"BEACON_API_BASE_URL":              {[]string{"http://127.0.0.1:8025", "http://sandbox:8025", "https://api.eu.beacon.example/"}, []string{"http://api.beacon.example", "http://8.8.8.8", "HTTP://localhost.beacon.example", "api.beacon.example", "ftp://a.example", "https://key:pw@a.example", "https://a.example?x=1", "https://a.example/?", "https://"}},
		"BEACON_DOMAIN":                    {[]string{"mg.clinic.example", "MG.clinic.example"}, []string{"mg.clinic.example/v3", "-a.example", "a..example", "a@b.example", "localhost", strings.Repeat("a", 64) + ".example"}},
		"BEACON_FROM_EMAIL":                {[]string{"a@clinic.example", "Dr. \"A\" <a@clinic.example>"}, []string{"a", "a@b.example, c@d.example", "a@b.example\r\nBcc: c@d.example"}},
		"DISPLAY_TIMEZONE":                 {[]string{"America/New_York", "UTC", "US/Pacific", "Asia/Calcutta"}, []string{"Local", "Mars/Base", "../etc/passwd", "europe/berlin", "posix/UTC"}},
		"BRAND_NAME":                       {[]string{"Praxis Müller", "مطب\u200cها"}, []string{"a\nb", strings.Repeat("a", 65), "\xff"}},
		"KAFKA_TLS_CA_FILE":                {nil, []string{"/nonexistent", "rules_test.go"}},
	} {
		for _, value := range values.legal {
			if got := faultsOf(t, loading[worker](workerEnv(name, value))); got != nil {
				t.Errorf("%s=%q is refused (%q)", name, value, got)
			}
		}
		for _, value := range values.illegal {
			if got := faultsOf(t, loading[worker](workerEnv(name, value))); !slices.Equal(got, []string{name}) {
				t.Errorf("%s=%q: faults %q", name, value, got)
			}
		}
	}
}

// shown returns the zone in which m's clock shows an event without one.
func shown(t *testing.T, m config.Message) string {
	t.Helper()
	e, err := domain.NewDecoder().Decode([]byte(`{"appointment_id":1,"time":"2031-05-06T12:00:00Z","notify":{}}`))
	if err != nil {
		t.Fatal(err)
	}
	return m.Clock().Of(e).Location().String()
}

func TestZoneDataReplacesTheZonesOfDisplayTimezoneToo(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	zone := "TZif" + strings.Repeat("\x00", 35) + "\x01\x00\x00\x00\x04" + strings.Repeat("\x00", 6) + "ABC\x00"
	write("UTC", zone)
	write("Here", zone)
	given := func(display string) config.Env {
		return workerEnv("ZONE_DATA", dir, "DISPLAY_TIMEZONE", display)
	}
	if got := faultsOf(t, loading[worker](given("Here"))); !slices.Equal(got, []string{"ZONE_DATA"}) {
		t.Errorf("without a version: faults %q", got)
	}
	write("+VERSION", "2027a")
	cfg, _, err := config.Load[worker](given("Here"))
	if err != nil || shown(t, cfg.Message) != "Here" || cfg.Message.Clock().Zones().Version() != "2027a" {
		t.Errorf("%v", err)
	}
	if got := faultsOf(t, loading[worker](given("Europe/Berlin"))); !slices.Equal(got, []string{"DISPLAY_TIMEZONE"}) {
		t.Errorf("a zone that only the build has: faults %q", got)
	}
}

func TestValuesOfASwitchedOnGroup(t *testing.T) {
	for name, illegal := range map[string][]string{
		"BEACON_ACCOUNT_SID": {"SK0000", "BE0", "BE00000"},
		"BEACON_FROM_PHONE":  {"15550101000", "+05550101000", "+1 555 010 1000", "+1555010100000000"},
	} {
		for _, value := range illegal {
			if got := faultsOf(t, loading[gated](gatedEnv(name, value))); !slices.Equal(got, []string{name}) {
				t.Errorf("%s=%q: faults %q", name, value, got)
			}
		}
	}
}

func TestValuesAreReadInTheirUnits(t *testing.T) {
	cfg, _, err := config.Load[worker](workerEnv(
		"BEACON_TIMEOUT_SECONDS", "0.25", "DRAIN_TIMEOUT", "45", "DELIVERY_MAX_ELAPSED", "1h30m",
		"BEACON_API_BASE_URL", "https://api.eu.beacon.example//", "KAFKA_BOOTSTRAP_SERVERS", "a:1 , b:2",
		"KAFKA_TOPIC_APPOINTMENTS_CREATED", "clinic.events", "BEACON_RATE_PER_SECOND", "2.5", "DISPLAY_TIMEZONE", "Europe/Berlin"))
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Account.Timeout != 250*time.Millisecond || cfg.Delivery.DrainTimeout != 45*time.Second ||
		cfg.Delivery.MaxElapsed != 90*time.Minute || cfg.Account.APIBaseURL != "https://api.eu.beacon.example" ||
		!slices.Equal(cfg.Kafka.Connection.BootstrapServers, []string{"a:1", "b:2"}) || cfg.Account.RatePerSecond != 2.5 ||
		cfg.Kafka.Topics.DLQ != "clinic.events.dlq" || cfg.Kafka.Topics.Declared().ReplayFor("email") != "clinic.events.replay.email" ||
		shown(t, cfg.Message) != "Europe/Berlin" {
		t.Errorf("read wrongly: %+v", cfg)
	}
}
