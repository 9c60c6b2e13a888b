//go:build unix

package tracing_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/build"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/tracing"
)

// BenchmarkRecord is what tracing adds to a message that is sent: its span, five steps,
// and the context of its outcome. Exporting to a collector on the same machine is part
// of it, and so is what that collector does.
func BenchmarkRecord(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer server.Close()
	for name, env := range map[string]config.Env{
		"off":       {},
		"share=0":   {endpoint: server.URL, "OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"},
		"share=.01": {endpoint: server.URL, "OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.01"},
		"share=1":   {endpoint: server.URL},
	} {
		cfg, _, err := config.Load[program](env)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			traces, err := tracing.New(cfg.Tracing, build.Info{Service: "beacon-worker"}, zap.NewNop())
			if err != nil {
				b.Fatal(err)
			}
			defer traces.Close(b.Context())
			tracer, record, outcome := traces.Records("group", topics), record(nothing), new(domain.Sent("id"))
			b.ReportAllocs()
			begin, n := busy(b), 0
			for ; b.Loop(); n++ {
				sendOne(tracer, record, outcome)
			}
			b.ReportMetric(float64((busy(b)-begin).Nanoseconds())/float64(n), "cpu-ns/op")
		})
	}
}

// busy returns the processor time of the process.
func busy(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// sendOne is the way of one message that is sent.
func sendOne(t ports.Tracer, record *ports.Record, outcome *domain.Outcome) {
	trace := t.Process(domain.Email, record, time.Now())
	for _, step := range []ports.Step{ports.StepClaim, ports.StepSend, ports.StepSettle} {
		trace.Step(step, time.Time{}).End(nil)
	}
	span := trace.Step(ports.StepOutcome, time.Time{})
	_ = span.Context().Headers()
	span.End(nil)
	trace.End("A-7", outcome)
}
