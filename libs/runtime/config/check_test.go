package config_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

func TestSettingsThatContradictEachOther(t *testing.T) {
	for what, c := range map[string]struct{ env, faults []string }{
		"SASL without credentials": {
			[]string{"KAFKA_SECURITY_PROTOCOL", "SASL_SSL"},
			[]string{"KAFKA_SASL_MECHANISM", "KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"},
		},
		"SASL with credentials": {
			[]string{"KAFKA_SECURITY_PROTOCOL", "sasl_plaintext", "KAFKA_SASL_MECHANISM", "plain", "KAFKA_SASL_USERNAME", "u", "KAFKA_SASL_PASSWORD", "p"},
			nil,
		},
		"a password in the clear to a remote broker": {
			[]string{"KAFKA_BOOTSTRAP_SERVERS", "kafka:9092,kafka.clinic.example:9092", "KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT", "KAFKA_SASL_MECHANISM", "PLAIN", "KAFKA_SASL_USERNAME", "u", "KAFKA_SASL_PASSWORD", "p"},
			[]string{"KAFKA_SASL_MECHANISM"},
		},
		"SCRAM to a remote broker": {
			[]string{"KAFKA_BOOTSTRAP_SERVERS", "kafka.clinic.example:9092", "KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT", "KAFKA_SASL_MECHANISM", "SCRAM-SHA-512", "KAFKA_SASL_USERNAME", "u", "KAFKA_SASL_PASSWORD", "p"},
			nil,
		},
		"PLAIN with TLS to a remote broker": {
			[]string{"KAFKA_BOOTSTRAP_SERVERS", "kafka.clinic.example:9092", "KAFKA_SECURITY_PROTOCOL", "SASL_SSL", "KAFKA_SASL_MECHANISM", "PLAIN", "KAFKA_SASL_USERNAME", "u", "KAFKA_SASL_PASSWORD", "p"},
			nil,
		},
		"a DLQ that is the source": {
			[]string{"KAFKA_TOPIC_APPOINTMENTS_CREATED_DLQ", "appointments.created"},
			[]string{"KAFKA_TOPIC_APPOINTMENTS_CREATED_DLQ"},
		},
		"a replay topic that is the source": {
			[]string{"KAFKA_TOPIC_REPLAY", "appointments.created"},
			[]string{"KAFKA_TOPIC_REPLAY"},
		},
		"a ledger that is the replay topic": {
			[]string{"KAFKA_TOPIC_LEDGER", "appointments.created.replay.email"},
			[]string{"KAFKA_TOPIC_LEDGER"},
		},
		"an outcomes topic that is a ledger": {
			[]string{"KAFKA_TOPIC_OUTCOMES", "notifications.email.ledger"},
			[]string{"KAFKA_TOPIC_LEDGER"},
		},
		"an outcomes topic that is the audit": {[]string{"KAFKA_TOPIC_OUTCOMES", "notifications.audit"}, []string{"KAFKA_TOPIC_OUTCOMES"}},
		"a source that is the resolutions": {
			[]string{"KAFKA_TOPIC_APPOINTMENTS_CREATED", "notifications.dlq.resolutions"},
			[]string{"KAFKA_TOPIC_APPOINTMENTS_CREATED"},
		},
		"one ledger name without a channel": {[]string{"KAFKA_TOPIC_LEDGER", "my.ledger"}, nil},
		"derived names that are too long": {
			[]string{"KAFKA_TOPIC_APPOINTMENTS_CREATED", strings.Repeat("a", 240)},
			[]string{"KAFKA_TOPIC_REPLAY"},
		},
	} {
		if got := faultsOf(t, loading[worker](workerEnv(c.env...))); !slices.Equal(got, c.faults) {
			t.Errorf("%s: faults %q, want %q", what, got, c.faults)
		}
	}
}

func TestSettingsWithoutEffectAreWarnedAbout(t *testing.T) {
	for what, c := range map[string]struct {
		env     []string
		warning string
	}{
		"mistyped":        {[]string{"BEACON_TIMEOUT_SECOND", "5"}, "did you mean BEACON_TIMEOUT_SECONDS?"},
		"unused password": {[]string{"KAFKA_SASL_PASSWORD", "hunter2"}, "KAFKA_SASL_PASSWORD has no effect"},
		"unused CA":       {[]string{"KAFKA_SASL_USERNAME", "hunter2"}, "KAFKA_SASL_USERNAME has no effect"},
	} {
		_, warnings, err := config.Load[worker](workerEnv(c.env...))
		if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0], c.warning) || strings.Contains(warnings[0], "hunter2") {
			t.Errorf("%s: err %v, warnings %q", what, err, warnings)
		}
	}
}

func TestOneFileServesAllPrograms(t *testing.T) {
	_, warnings, err := config.Load[worker](workerEnv("BEACON_ENABLED", "false", "BEACON_RATE_PER_SECOND", "3",
		"BEACON_AUTH_TOKEN_FILE", "/run/secrets/token", "KAFKA_HEAP_OPTS", "-Xmx1g", "BEACON_API_KEYS", ""))
	if err != nil || len(warnings) > 0 {
		t.Errorf("err %v, warnings %q", err, warnings)
	}
}

func TestTopicsThatChannelsWouldShareAreWarnedAbout(t *testing.T) {
	e := config.Env{"KAFKA_BOOTSTRAP_SERVERS": "localhost:9092", "KAFKA_TOPIC_REPLAY": "replays"}
	if _, warnings, err := config.Load[all](e); err != nil || len(warnings) != 1 {
		t.Errorf("err %v, warnings %q", err, warnings)
	}
}
