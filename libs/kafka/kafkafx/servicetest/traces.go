package servicetest

import (
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/tracing/tracingtest"
)

// Trace makes the service of env send its spans to a test collector. It must be called
// before Boot. When the service has stopped, check is called with all spans. It fails
// the test if a span contains one of secrets.
func Trace(t *testing.T, env config.Env, secrets []string, check func([]tracingtest.Span)) {
	t.Helper()
	collector := tracingtest.New(t)
	env["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.URL
	t.Cleanup(func() {
		spans := collector.Spans()
		for _, span := range spans {
			for _, word := range secrets {
				if strings.Contains(strings.ToLower(span.Text), strings.ToLower(word)) {
					t.Errorf("%q is shown: %s", word, span.Text)
				}
			}
		}
		check(spans)
	})
}
