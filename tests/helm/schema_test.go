package helm

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

// refusal is a change of sound values and what has to be said of it.
type refusal struct {
	change []any
	says   []string
}

// refusals lists mistakes in what all charts share.
func refusals() []refusal {
	return []refusal{
		{[]any{"replica", 2}, []string{"'replica' not allowed"}},
		{[]any{"settings.KAFKA_GROUPID", "x"}, []string{"/settings", "'KAFKA_GROUPID' not allowed"}},
		{[]any{"settings.KAFKA_SASL_PASSWORD", "hunter2"}, []string{"/settings", "'KAFKA_SASL_PASSWORD' not allowed"}},
		{[]any{"settings.HEALTH_ADDR", ":1"}, []string{"/settings", "'HEALTH_ADDR' not allowed"}},
		{[]any{"settings.KAFKA_BOOTSTRAP_SERVERS", left}, []string{"/settings", "missing property 'KAFKA_BOOTSTRAP_SERVERS'"}},
		{[]any{"settings.KAFKA_BOOTSTRAP_SERVERS", "kafka://a:9092"}, []string{"/settings/KAFKA_BOOTSTRAP_SERVERS", "does not match pattern"}},
		{[]any{"settings.KAFKA_SECURITY_PROTOCOL", "TLS"}, []string{"/settings/KAFKA_SECURITY_PROTOCOL", "must be one of 'PLAINTEXT', 'SSL'"}},
		{[]any{"settings.LOG_LEVEL", "warning"}, []string{"/settings/LOG_LEVEL", "must be one of 'debug', 'info', 'warn', 'error'"}},
		{[]any{"settings.KAFKA_SECURITY_PROTOCOL", "SASL_SSL"}, []string{"missing properties 'KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME'", "/secrets", "missing property 'KAFKA_SASL_PASSWORD'"}},
		{[]any{"secrets.KAFKA_SASL_PASSWORD", "hunter2"}, []string{"/secrets/KAFKA_SASL_PASSWORD", "got string, want object"}},
		{[]any{"secrets.KAFKA_SASL_PASSWORD", map[string]any{"name": "kafka"}}, []string{"/secrets/KAFKA_SASL_PASSWORD", "missing property 'key'"}},
		{[]any{"secrets.KAFKA_SASL_PASSWORD", map[string]any{"name": "Kafka", "key": "x"}}, []string{"/secrets/KAFKA_SASL_PASSWORD/name", "does not match pattern"}},
		{[]any{"secrets.OTHER_KEY", map[string]any{"name": "a", "key": "b"}}, []string{"/secrets", "'OTHER_KEY' not allowed"}},
		{[]any{"authorities.KAFKA_TLS_CA_FILE", map[string]any{"name": "ca"}}, []string{"/authorities/KAFKA_TLS_CA_FILE", "'kind', 'key'"}},
		{[]any{"settings.KAFKA_TLS_CA_FILE", "/ca.pem"}, []string{"/settings", "'KAFKA_TLS_CA_FILE' not allowed"}},
		{[]any{"authorities.KAFKA_TLS_CA_FILE", map[string]any{"kind": "Secret", "name": "ca", "key": "ca.crt"}}, []string{"/settings/KAFKA_SECURITY_PROTOCOL", "must be one of 'SSL', 'SASL_SSL'"}},
		{[]any{"image.tag", ""}, []string{"/image/tag", "minLength: got 0, want 1"}},
		{[]any{"image.tag", "", "image.digest", digest, "topics.ensure", true}, []string{"/topics/image/tag", "minLength: got 0, want 1"}},
		{[]any{"image.digest", "sha256:abc"}, []string{"/image/digest", "does not match pattern"}},
		{[]any{"image.tag", 1.2}, []string{"/image/tag", "got number, want string"}},
		{[]any{"environment.AWS_SECRET_ACCESS_KEY", "x"}, []string{"/environment", "'AWS_SECRET_ACCESS_KEY' not allowed"}},
		{[]any{"environment.HTTPS_PROXY", "http://user:secret@proxy:3128"}, []string{"/environment/HTTPS_PROXY", "does not match pattern"}},
		{[]any{"resources.limits.memory", nil}, []string{"/resources/limits", "missing property 'memory'"}},
		{[]any{"resources.limits.memory", "512"}, []string{"/resources/limits/memory", "does not match pattern"}},
		{[]any{"replicas", -1}, []string{"/replicas", "minimum: got -1, want 0"}},
		{[]any{"strategy", "Rolling"}, []string{"/strategy", "'RollingUpdate', 'Recreate'"}},
		{[]any{"networkPolicy.metrics.from", []any{map[string]any{"podselector": map[string]any{}}}}, []string{"/networkPolicy/metrics/from/0", "'podselector' not allowed"}},
		{[]any{"networkPolicy.metrics.from", []any{map[string]any{}}}, []string{"/networkPolicy/metrics/from/0", "minProperties"}},
		{[]any{"networkPolicy.kafka.ports", []any{"9092"}}, []string{"/networkPolicy/kafka/ports/0", "got string, want integer"}},
		{[]any{"serviceMonitor.interval", "15"}, []string{"/serviceMonitor/interval", "does not match pattern"}},
		{[]any{"podLabels", map[string]any{"app.kubernetes.io/name": "x"}}, []string{"/podLabels/app.kubernetes.io~1name"}},
		{[]any{"podAnnotations", map[string]any{"checksum/settings": "x"}}, []string{"/podAnnotations/checksum~1settings"}},
		{[]any{"serviceMonitor.labels", map[string]any{"helm.sh/chart": "x"}}, []string{"/serviceMonitor/labels/helm.sh~1chart"}},
		{[]any{"topics.settings.MAILGUN_DOMAIN", "x"}, []string{"/topics/settings", "'MAILGUN_DOMAIN' not allowed"}},
		{[]any{"common.x", 1}, []string{"/common", "'x' not allowed"}},
	}
}

// refusalsOf lists mistakes that only one kind of program can be given.
func refusalsOf(program config.Settings) []refusal {
	switch program.Program().Name {
	case "dlq-replayer":
		return []refusal{
			{[]any{"kind", "StatefulSet"}, []string{"'kind' not allowed"}},
			{[]any{"console.enabled", true}, []string{"missing property 'CONSOLE_USER'", "missing property 'CONSOLE_PASSWORD'"}},
			{[]any{"settings.CONSOLE_READER", "rita"}, []string{"/secrets", "missing property 'CONSOLE_READER_PASSWORD'"}},
		}
	case "sms-worker":
		return []refusal{
			{[]any{"settings.SMS_WORKER_ENABLED", true}, []string{"missing properties 'TWILIO_ACCOUNT_SID', 'TWILIO_FROM_PHONE'", "missing property 'TWILIO_AUTH_TOKEN'"}},
			{[]any{"settings.TWILIO_FROM_PHONE", 15550100001}, []string{"/settings/TWILIO_FROM_PHONE", "got number, want string"}},
		}
	}
	return []refusal{
		{[]any{"secrets.MAILGUN_API_KEY", left}, []string{"/secrets", "missing property 'MAILGUN_API_KEY'"}},
		{[]any{"settings.DRAIN_TIMEOUT", "1h"}, []string{"/settings/DRAIN_TIMEOUT", "does not match pattern"}},
		{[]any{"settings.DRAIN_TIMEOUT", 601}, []string{"/settings/DRAIN_TIMEOUT", "maximum: got 601, want 600"}},
		{[]any{"kind", "DaemonSet"}, []string{"/kind", "'Deployment', 'StatefulSet'"}},
		{[]any{"kind", "StatefulSet", "strategy", "Recreate"}, []string{"/strategy", "'RollingUpdate'"}},
		{[]any{"messages.files", map[string]any{"de.tml": "x"}}, []string{"/messages/files", "'de.tml' not allowed"}},
		{[]any{"messages.files", map[string]any{"de.toml": "x"}, "messages.existingConfigMap", "texts"}, []string{"/messages/existingConfigMap", "must be ''"}},
	}
}

func TestAMistakeInTheValuesIsRefusedByItsPlace(t *testing.T) {
	each(t, func(t *testing.T, program config.Settings) {
		for _, r := range append(refusals(), refusalsOf(program)...) {
			_, err := render(chartOf(t, program), "a", with(required(t, program), r.change...))
			if err == nil {
				t.Errorf("%v is accepted", r.change)
				continue
			}
			for _, text := range r.says {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%v: %q is missing in %q", r.change, text, err)
				}
			}
		}
	})
}

// Each number of the settings is accepted up to its limits and not beyond, and
// arrives at the program as it was written.
func TestEveryLimitOfASettingIsTheProgramsOwn(t *testing.T) {
	each(t, func(t *testing.T, program config.Settings) {
		tried := 0
		for _, s := range config.SettingsOf(program) {
			kind, limits, _ := strings.Cut(s.Rule, " ")
			if !slices.Contains([]string{"int", "number", "seconds"}, kind) {
				continue
			}
			tried++
			least, most, _ := strings.Cut(limits, "..")
			for _, limit := range []string{least, most} {
				n, err := strconv.ParseFloat(limit, 64)
				if err != nil {
					t.Fatal(err)
				}
				all := installed(t, program, with(required(t, program), "settings."+s.Name, n))
				if got := environment(t, all, all.workload(t))[s.Name]; got != limit {
					t.Errorf("%s=%s arrives as %q", s.Name, limit, got)
				}
				outside := n + 1
				if limit == least {
					outside = n - 1
				}
				if _, err := render(chartOf(t, program), "a", with(required(t, program), "settings."+s.Name, outside)); err == nil {
					t.Errorf("%s=%v is accepted", s.Name, outside)
				}
			}
		}
		if program.Program().Channel != "" && tried < 8 {
			t.Errorf("%d settings were tried", tried)
		}
	})
}

// Writing out a default changes nothing: the chart accepts every default, and so does
// the program.
func TestEveryDefaultMayBeWrittenOut(t *testing.T) {
	each(t, func(t *testing.T, program config.Settings) {
		v := required(t, program)
		for _, s := range config.SettingsOf(program) {
			schema := chartOf(t, program).Schema
			if s.Secret || s.Default == "" || strings.Contains(s.Default, "{") || !bytes.Contains(schema, []byte(`"`+s.Name+`": {`)) {
				continue
			}
			var value any = s.Default
			if kind, _, _ := strings.Cut(s.Rule, " "); slices.Contains([]string{"int", "number", "seconds"}, kind) {
				n, err := strconv.ParseFloat(s.Default, 64)
				if err != nil {
					t.Fatal(err)
				}
				value = n
			}
			v = with(v, "settings."+s.Name, value)
		}
		if len(v["settings"].(map[string]any)) < 10 {
			t.Errorf("too few settings have a default: %v", v["settings"])
		}
		check(t, program, installed(t, program, v), v)
	})
}

// A pod is started anew when its settings or texts change, and only then.
func TestWhatTheProgramReadsAtStartRestartsIt(t *testing.T) {
	each(t, func(t *testing.T, program config.Settings) {
		template := func(changes ...any) string {
			all := installed(t, program, with(required(t, program), changes...))
			text, err := yaml.Marshal(all.workload(t).template)
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
		before := template()
		if template("settings.LOG_LEVEL", "debug") == before {
			t.Error("a setting changes and no pod is started anew")
		}
		if template("replicas", 5) != before || template("serviceMonitor.enabled", true) != before {
			t.Error("pods are started anew for nothing")
		}
		if program.Program().Channel == "" {
			return
		}
		first := template("messages.files", map[string]any{"en.toml": "a"})
		if first == before || template("messages.files", map[string]any{"en.toml": "b"}) == first {
			t.Error("a text changes and no pod is started anew")
		}
	})
}

// What may run beside the version before is rolled out one by one; what may not
// is stopped first.
func TestTheStrategyIsWhatWasChosen(t *testing.T) {
	each(t, func(t *testing.T, program config.Settings) {
		rolling := installed(t, program, required(t, program)).deployments[0].Spec.Strategy
		if u := rolling.RollingUpdate; u == nil || u.MaxUnavailable.IntValue() != 0 || u.MaxSurge.IntValue() != 1 {
			t.Errorf("rolling out: %+v", rolling)
		}
		recreate := installed(t, program, with(required(t, program), "strategy", "Recreate")).deployments[0].Spec.Strategy
		if recreate.Type != "Recreate" || recreate.RollingUpdate != nil {
			t.Errorf("recreating: %+v", recreate)
		}
	})
}
