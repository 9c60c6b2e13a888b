package tracing

import (
	"fmt"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/portstest"
)

// InMemory is the SDK's exporter that keeps spans, for the tests outside the package.
type InMemory struct{ spans *tracetest.InMemoryExporter }

// Traces returns traces whose spans m shows once they end.
func (m *InMemory) Traces() *Traces {
	m.spans = tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(m.spans), sdktrace.WithSampler(samplerOf("parentbased_always_on", 1)))
	return &Traces{provider: provider, tracer: provider.Tracer(scope)}
}

// Shown returns the spans that have ended.
func (m *InMemory) Shown() (shown []portstest.ShownSpan) {
	for _, s := range m.spans.GetSpans() {
		one := portstest.ShownSpan{Name: s.Name, ID: numbers(s.SpanContext), Parent: numbers(s.Parent), Began: s.StartTime}
		for _, l := range s.Links {
			one.Links = append(one.Links, numbers(l.SpanContext))
		}
		one.Text = fmt.Sprintf("%+v %v %v", s.Attributes, s.Status, s.Events)
		shown = append(shown, one)
	}
	return shown
}

func numbers(s trace.SpanContext) (id ports.TraceID) {
	if s.IsValid() {
		id, _ = contextOf(s).ID()
	}
	return id
}
