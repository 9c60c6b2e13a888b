package config_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

func TestWhereSpansGo(t *testing.T) {
	const base, traces = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	for _, c := range []struct {
		want string
		env  []string
	}{
		{"", nil},
		{"http://otel-collector:4318/v1/traces", []string{base, "http://otel-collector:4318/"}},
		{"https://otlp.example/prefix/v1/traces", []string{base, "https://otlp.example/prefix"}},
		{"https://otlp.example/whole", []string{traces, "https://otlp.example/whole", base, "http://localhost:4318"}},
		{"", []string{base, "http://localhost:4318", "OTEL_SDK_DISABLED", "TRUE"}},
		{"", []string{traces, "http://localhost:4318", "OTEL_TRACES_EXPORTER", "none"}},
	} {
		cfg, _, err := config.Load[worker](workerEnv(c.env...))
		if err != nil || cfg.Tracing.URL() != c.want {
			t.Errorf("%q: %q, %v; want %q", c.env, cfg.Tracing.URL(), err, c.want)
		}
	}
}

func TestPairsOfTracing(t *testing.T) {
	cfg, _, err := config.Load[worker](workerEnv("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%3Db , tenant=clinic",
		"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "tenant=other", "OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=staging,"))
	if err != nil {
		t.Fatal(err)
	}
	if got := cfg.Tracing.RequestHeaders(); !maps.Equal(got, map[string]string{"api-key": "a=b", "tenant": "other"}) {
		t.Errorf("headers %q", got)
	}
	if got := cfg.Tracing.ResourceAttributes(); !maps.Equal(got, map[string]string{"deployment.environment.name": "staging"}) {
		t.Errorf("attributes %q", got)
	}
}

func TestFaultsOfTracing(t *testing.T) {
	_, _, err := config.Load[worker](workerEnv(
		"OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.example:4318", // unencrypted, on the way to a public host
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://user:hunter2@otlp.example",
		"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "OTEL_EXPORTER_OTLP_HEADERS", "hunter2", "OTEL_RESOURCE_ATTRIBUTES", "a=%zz",
		"OTEL_TRACES_SAMPLER", "jaeger_remote", "OTEL_TRACES_SAMPLER_ARG", "1.5",
	))
	want := []string{
		"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_HEADERS",
		"OTEL_RESOURCE_ATTRIBUTES", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG",
	}
	if got := faultsOf(t, err); !slices.Equal(got, want) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v\nwant %q", err, want)
	}
}
