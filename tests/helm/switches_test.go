package helm

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

// option is one choice that an operator has. A state is a change of the values,
// as with takes it; the first one is the default and changes nothing, the last
// one is tried with all other options.
type option struct {
	name   string
	states [][]any
}

// digest is that of an image that does not exist.
var digest = "sha256:" + strings.Repeat("0a", 32)

// optionsOf lists the choices that a program's chart gives.
func optionsOf(program config.Settings) []option {
	secret := func(name string) map[string]any { return map[string]any{"name": name, "key": "password"} }
	sasl := []any{
		"settings.KAFKA_SECURITY_PROTOCOL", "SASL_SSL", "settings.KAFKA_SASL_MECHANISM", "SCRAM-SHA-512",
		"settings.KAFKA_SASL_USERNAME", program.Program().Name, "secrets.KAFKA_SASL_PASSWORD", secret("kafka"),
		"topics.settings.KAFKA_SASL_USERNAME", "notifyctl", "topics.secrets.KAFKA_SASL_PASSWORD", secret("notifyctl"),
	}
	ca := func(kind string) []any {
		return []any{"authorities.KAFKA_TLS_CA_FILE", map[string]any{"kind": kind, "name": "kafka-ca", "key": "ca.crt"}, "settings.KAFKA_SECURITY_PROTOCOL", "SSL"}
	}
	both := []option{
		{"network policy", [][]any{nil, {"networkPolicy.enabled", false}}},
		{"traces", [][]any{nil, {
			"settings.OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.traces.svc:4318", "secrets.OTEL_EXPORTER_OTLP_HEADERS", secret("collector"),
			"authorities.OTEL_EXPORTER_OTLP_CERTIFICATE",
			map[string]any{"kind": "ConfigMap", "name": "collector-ca", "key": "ca.crt"},
		}}},
		{"further egress", [][]any{nil, {"networkPolicy.egress", []any{map[string]any{"ports": []any{map[string]any{"port": 8080}}}}}}},
		{"nobody scrapes", [][]any{nil, {"networkPolicy.metrics.from", []any{}}}},
		{"disruption budget", [][]any{nil, {"podDisruptionBudget.enabled", false}}},
		{"service monitor", [][]any{nil, {"serviceMonitor.enabled", true, "serviceMonitor.labels", map[string]any{"release": "prometheus"}}}},
		{"topics", [][]any{nil, {"topics.ensure", true, "topics.settings.KAFKA_TOPIC_REPLICATION_FACTOR", 3}}},
		{"spread", [][]any{nil, {"topologySpread", false}}},
		{"users", [][]any{nil, sasl}},
		{"authority", [][]any{nil, ca("Secret"), ca("ConfigMap")}},
		{"image", [][]any{nil, {"image.tag", "_" + strings.Repeat("x", 70) + "."}, {
			"image.tag", "", "image.digest", digest, "image.repository", "registry.clinic.example:5000/email-worker", "topics.image.digest", digest,
		}}},
		{"environment", [][]any{nil, {"environment.HTTPS_PROXY", "http://proxy.clinic.svc:3128", "environment.GOMAXPROCS", 2}}},
		{"scheduling", [][]any{nil, {
			"nodeSelector",
			map[string]any{"disk": "ssd"},
			"tolerations",
			[]any{map[string]any{"key": "spot", "operator": "Exists"}},
			"priorityClassName", "high", "imagePullSecrets",
			[]any{map[string]any{"name": "registry"}},
			"affinity.nodeAffinity",
			map[string]any{},
			"podLabels.team", "front-desk", "podAnnotations.note", "a: b",
		}}},
		{"replicas", [][]any{nil, {"replicas", 0}, {"replicas", 6}}},
	}
	if program.Program().Channel == "" {
		return append(both,
			option{"strategy", [][]any{nil, {"strategy", "Recreate"}}},
			option{"console", [][]any{nil, {"console.enabled", true, "settings.CONSOLE_USER", "olga", "secrets.CONSOLE_PASSWORD", secret("console")}}})
	}
	both = append(both,
		option{"workload", [][]any{nil, {"strategy", "Recreate"}, {"kind", "StatefulSet", "strategy", "RollingUpdate"}}},
		option{"drain", [][]any{nil, {"settings.DRAIN_TIMEOUT", 90}, {"settings.DRAIN_TIMEOUT", "2m30s"}, {"settings.DRAIN_TIMEOUT", "10m"}}},
		option{"texts", [][]any{
			nil, {"messages.files", map[string]any{"en.toml": "[email.confirmed]\nsubject = \"See you on {{.Date}} at {{.Time}}\"\n"}}, {"messages.existingConfigMap", "texts"},
		}})
	if program.Program().Name == "sms-worker" {
		both = append(both, option{"enabled", [][]any{nil, {
			"settings.SMS_WORKER_ENABLED", true, "settings.TWILIO_ACCOUNT_SID", "AC" + strings.Repeat("0f", 16),
			"settings.TWILIO_FROM_PHONE", "+15550100001", "secrets.TWILIO_AUTH_TOKEN", secret("twilio"),
		}}})
	}
	return both
}

// Every state of every switch, and every switch together with every other one.
func TestEverySwitchAndEveryPairOfThemIsSound(t *testing.T) {
	each(t, func(t *testing.T, program config.Settings) {
		options, base := optionsOf(program), required(t, program)
		try := func(name string, changes []any) {
			v := with(base, changes...)
			t.Run(name, func(t *testing.T) { check(t, program, installed(t, program, v), v) })
		}
		for i, a := range options {
			for x, state := range a.states[1:] {
				try(fmt.Sprintf("%s %d", a.name, x+1), state)
			}
			for _, b := range options[i+1:] {
				if compatible(a, b) {
					try(a.name+", "+b.name, slices.Concat(a.states[len(a.states)-1], b.states[len(b.states)-1]))
				}
			}
		}
	})
}

// compatible reports whether two options may be changed together: an authority
// alone speaks TLS without users.
func compatible(a, b option) bool { return a.name != "users" || b.name != "authority" }
