package tracing

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/build"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

// FlushTimeout is how long Close waits for the collector.
const FlushTimeout = 3 * time.Second

// scope is the name of the instrumentation.
const scope = "github.com/kafka-notifications/kafka-notifications/libs/runtime/tracing"

// Traces makes the tracers of a program. Safe for concurrent use.
type Traces struct {
	// provider is nil if tracing is off; then the other fields are unused.
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
	exporter *exporter
	sampler  string
}

// New returns the traces that cfg asks for; without an endpoint it starts nothing.
// Spans are sent by a goroutine of their own until Close.
func New(cfg config.Tracing, info build.Info, log *zap.Logger) (*Traces, error) {
	if cfg.URL() == "" {
		return &Traces{}, nil
	}
	c, err := newCollector(cfg)
	if err != nil {
		return nil, fmt.Errorf("tracing: %w", err)
	}
	e := &exporter{next: otlptrace.NewUnstarted(c), log: log}
	if err := e.next.Start(context.Background()); err != nil {
		return nil, fmt.Errorf("tracing: %w", err)
	}
	sampler := samplerOf(cfg.Sampler, cfg.SamplerArg)
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithSampler(sampler), sdktrace.WithResource(resourceOf(cfg, info)), sdktrace.WithBatcher(e),
	)
	return &Traces{
		provider: provider, exporter: e, sampler: sampler.Description(),
		tracer: provider.Tracer(scope, trace.WithInstrumentationVersion(info.Version), trace.WithSchemaURL(schemaURL)),
	}, nil
}

// resourceOf returns the attributes of the process. The operator's attributes take
// precedence over the program's own, except for the version.
func resourceOf(cfg config.Tracing, info build.Info) *resource.Resource {
	name := info.Service
	given := cfg.ResourceAttributes()
	if given["service.name"] != "" {
		name = given["service.name"]
	}
	if cfg.ServiceName != "" {
		name = cfg.ServiceName
	}
	var all []attribute.KeyValue
	for key, value := range given {
		all = append(all, attribute.String(key, value))
	}
	return resource.NewWithAttributes(schemaURL, append(all, service(name, info.Version)...)...)
}

// On reports whether anything is traced.
func (t *Traces) On() bool { return t.provider != nil }

// Close sends the remaining spans, within FlushTimeout. Spans that end later are lost.
func (t *Traces) Close(ctx context.Context) {
	if !t.On() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, FlushTimeout)
	defer cancel()
	if t.provider.Shutdown(ctx) != nil {
		_ = t.exporter.Shutdown(ctx)
	}
}

// Status is the section "traces" of /status.
type Status struct {
	Enabled  bool   `json:"enabled"`
	Sampler  string `json:"sampler,omitempty"`
	Exported int64  `json:"exported"`
	Lost     int64  `json:"lost"`
}

// Status returns how many spans were exported, and how many the collector did not take.
func (t *Traces) Status() Status {
	if !t.On() {
		return Status{}
	}
	exported, lost := t.exporter.counts()
	return Status{Enabled: true, Sampler: t.sampler, Exported: exported, Lost: lost}
}
