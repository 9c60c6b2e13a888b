package doctorcmd

import (
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

func TestDoctorSaysWhetherThereAreTraces(t *testing.T) {
	const endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
	for want, env := range map[string]config.Env{
		"traces: off": {"OTEL_TRACES_SAMPLER": "always_on"},
		"traces: to otel-collector:4318, sampler parentbased_always_on": {endpoint: "http://otel-collector:4318", "OTEL_EXPORTER_OTLP_HEADERS": "api-key=hunter2"},
	} {
		env["KAFKA_BOOTSTRAP_SERVERS"] = "kafka.example:9092"
		if got := traces(env); len(got) != 1 || got[0].what != want {
			t.Errorf("%+v, want %q", got, want)
		}
	}
	if got := traces(config.Env{"KAFKA_BOOTSTRAP_SERVERS": "kafka.example:9092", endpoint: "no address"}); got != nil {
		t.Errorf("a fault of the settings is reported twice: %+v", got)
	}
}
