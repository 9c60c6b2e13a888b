package tracing_test

import (
	"context"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/portstest"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/build"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/tracing"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/tracing/tracingtest"
)

// program is what the tests load settings for.
type program struct{ config.Service }

func (program) Program() config.Program {
	return config.Program{Name: "beacon-worker", Channel: domain.Email, Defaults: map[string]string{"HEALTH_ADDR": "127.0.0.1:0"}}
}

var topics = tracing.Topics{DeadLetters: "dead", Outcomes: "outcomes", Resolutions: "resolutions"}

// noLeaks fails the test if anything runs on after all else was cleaned up.
func noLeaks(t *testing.T) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
}

// start returns the traces of an environment and what they log.
func start(t *testing.T, env config.Env) (*tracing.Traces, *observer.ObservedLogs) {
	t.Helper()
	cfg, _, err := config.Load[program](env)
	if err != nil {
		t.Fatal(err)
	}
	core, logs := observer.New(zap.DebugLevel)
	traces, err := tracing.New(cfg.Tracing, build.Info{Service: "beacon-worker", Version: "1.2.3"}, zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	return traces, logs
}

func record(parent string) *ports.Record {
	return &ports.Record{Topic: "appointments.created", Headers: ports.TraceContext{Parent: parent}.Headers()}
}

const (
	traced   = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	leftOut  = "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
	nothing  = ""
	endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
)

// one traces a record with one call and returns the context of what it wrote.
func one(t ports.Tracer, parent string) ports.TraceContext {
	trace := t.Process(domain.Email, record(parent), time.Time{})
	span := trace.Step(ports.StepOutcome, time.Time{})
	defer trace.End("A-7", new(domain.Sent("id")))
	defer span.End(nil)
	return span.Context()
}

func TestTracerFollowsItsContract(t *testing.T) {
	portstest.TestTracer(t, func(*testing.T) portstest.TracerHarness {
		exporter := &tracing.InMemory{}
		return portstest.TracerHarness{Tracer: exporter.Traces().Records("group", topics), Shown: exporter.Shown}
	})
}

// Off, nothing runs and nothing is allocated.
func TestWithoutAnEndpointThereIsNothing(t *testing.T) {
	for what, env := range map[string]config.Env{
		"no endpoint": {},
		"disabled":    {endpoint: "http://127.0.0.1:4318", "OTEL_SDK_DISABLED": "true"},
		"no exporter": {endpoint: "http://127.0.0.1:4318", "OTEL_TRACES_EXPORTER": "none"},
	} {
		before := runtime.NumGoroutine()
		traces, _ := start(t, env)
		if traces.On() || traces.Status().Enabled || runtime.NumGoroutine() > before {
			t.Errorf("%s: tracing is on", what)
		}
		if tracer := traces.Records("group", topics); tracer != (ports.NoTracer{}) {
			t.Errorf("%s: records are traced by a %T", what, tracer)
		}
		traces.Close(t.Context())
	}
}

func TestSpansAreSentWhereTheSettingsSay(t *testing.T) {
	noLeaks(t)
	collector := tracingtest.New(t)
	traces, logs := start(t, config.Env{
		endpoint: collector.URL, "OTEL_EXPORTER_OTLP_HEADERS": "api-key=se%20cret, tenant=clinic",
		"OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=staging,service.name=not this",
		"OTEL_SERVICE_NAME":        "appointments-email",
	})
	written := one(traces.Records("group", topics), traced)
	traces.Close(t.Context())
	spans := collector.Spans()
	if len(spans) != 2 || logs.Len() > 0 || traces.Status().Exported != 2 {
		t.Fatalf("%d spans, status %+v, log %v", len(spans), traces.Status(), logs.All())
	}
	process, outcome := spans[0], spans[1]
	if process.Name != "process appointments.created" || process.Kind != "SPAN_KIND_CONSUMER" || outcome.Name != "send outcomes" ||
		outcome.Kind != "SPAN_KIND_PRODUCER" || outcome.Parent.Span != process.ID.Span {
		t.Errorf("%+v, then %+v", process, outcome)
	}
	if id, _ := written.ID(); id != outcome.ID || process.Service != "appointments-email" || !strings.Contains(process.Text, "staging") {
		t.Errorf("written within %s: %+v", written.Parent, process)
	}
	for name, want := range map[string]string{
		"messaging.system": "kafka", "messaging.operation.type": "process", "messaging.destination.name": "appointments.created",
		"messaging.consumer.group.name": "group", "notifications.channel": "email", "notifications.appointment_id": "A-7",
		"notifications.outcome": "sent",
	} {
		if process.Attributes[name] != want {
			t.Errorf("%s is %q, want %q", name, process.Attributes[name], want)
		}
	}
	if _, headers := collector.Asked(); headers.Get("Api-Key") != "se cret" || headers.Get("Tenant") != "clinic" {
		t.Errorf("headers %v", headers)
	}
}

// The publisher's decision holds, and what is left out costs no span but is handed on.
func TestSampling(t *testing.T) {
	for sampler, want := range map[string]string{
		"":                          "traced new",
		"always_on":                 "traced left-out new",
		"always_off":                "",
		"traceidratio":              "", // of a share of 0
		"parentbased_always_off":    "traced",
		"parentbased_traceidratio":  "traced",
		"PARENTBASED_TRACEIDRATIO ": "traced",
	} {
		collector := tracingtest.New(t)
		traces, _ := start(t, config.Env{endpoint: collector.URL, "OTEL_TRACES_SAMPLER": sampler, "OTEL_TRACES_SAMPLER_ARG": "0"})
		var kept []string
		for _, c := range []struct{ name, parent string }{{"traced", traced}, {"left-out", leftOut}, {"new", nothing}} {
			written, ok := one(traces.Records("group", topics), c.parent).ID()
			if !ok {
				t.Errorf("%s: what %s writes carries no context", sampler, c.name)
			}
			if written.Sampled() {
				kept = append(kept, c.name)
			}
		}
		traces.Close(t.Context())
		if got := strings.Join(kept, " "); got != want || len(collector.Spans()) != 2*len(kept) {
			t.Errorf("%q traces %q with %d spans, want %q", sampler, got, len(collector.Spans()), want)
		}
	}
}

// A receipt and a replay are kept with the send that they are linked to, however small
// the share is.
func TestWhatGoesOnWithATracedSendIsTraced(t *testing.T) {
	collector := tracingtest.New(t)
	traces, _ := start(t, config.Env{endpoint: collector.URL, "OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"})
	later, delivered := traces.Later(), ports.Receipt{Kind: domain.ReceiptDelivered, At: time.Unix(0, 0)}
	for _, c := range []struct {
		parent string
		want   bool
	}{{traced, true}, {leftOut, false}, {"malformed", false}, {nothing, false}} {
		sent := ports.TraceContext{Parent: c.parent}
		receipt := later.Receipt(domain.Email, "outcomes", "A-7", sent, delivered)
		replay := later.Replay(domain.Email, "replays", "job", ports.TraceContext{}, sent)
		for name, span := range map[string]ports.TraceSpan{"receipt": receipt, "replay": replay} {
			if id, _ := span.Context().ID(); id.Sampled() != c.want {
				t.Errorf("the %s of %q is traced: %v, want %v", name, c.parent, id.Sampled(), c.want)
			}
			span.End(nil)
		}
	}
	traces.Close(t.Context())
	for _, s := range collector.Spans() {
		if s.Parent != (ports.TraceID{}) || len(s.Links) != 1 || s.Links[0].Context().Parent != traced {
			t.Errorf("%s is linked to %+v", s.Name, s.Links)
		}
	}
	if n := len(collector.Spans()); n != 2 {
		t.Errorf("%d spans", n)
	}
}

// A collector that fails costs spans and one line, without a word of its answer.
func TestAFailingCollectorDisturbsNothing(t *testing.T) {
	noLeaks(t)
	collector := tracingtest.New(t)
	collector.Answer(http.StatusUnauthorized)
	traces, logs := start(t, config.Env{endpoint: collector.URL, "OTEL_EXPORTER_OTLP_HEADERS": "api-key=hunter2"})
	tracer := traces.Records("group", topics)
	for range 10_000 { // many queues full
		one(tracer, nothing)
	}
	traces.Close(t.Context())
	if s := traces.Status(); s.Exported != 0 || s.Lost == 0 {
		t.Errorf("status %+v", s)
	}
	lines := logs.All()
	if len(lines) != 1 || lines[0].ContextMap()["collector"] != "it answered 401" {
		t.Errorf("log %v", lines)
	}
	for _, line := range lines {
		if text := line.Message + line.ContextMap()["collector"].(string); strings.Contains(text, "hunter2") || strings.Contains(text, "body of an error") {
			t.Errorf("the log says %q", text)
		}
	}
}

// A collector that takes the connection and answers nothing holds up neither the
// records nor, for longer than its bound, the stop.
func TestAHangingCollectorHoldsNothingUp(t *testing.T) {
	noLeaks(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	traces, _ := start(t, config.Env{endpoint: "http://" + listener.Addr().String()})
	one(traces.Records("group", topics), nothing)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	begin := time.Now()
	traces.Close(ctx)
	if took := time.Since(begin); took > tracing.FlushTimeout {
		t.Errorf("the stop took %s", took)
	}
}
