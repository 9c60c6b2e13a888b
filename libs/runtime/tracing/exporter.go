package tracing

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.uber.org/zap"
)

// logInterval is the shortest time between two log lines about lost spans.
const logInterval = time.Minute

// exporter passes spans on and hides failures from the SDK: a collector that is away
// only costs spans, and a line in the log now and then.
type exporter struct {
	next *otlptrace.Exporter
	log  *zap.Logger

	mu sync.Mutex
	// exported and lost count spans, unsaid those lost since the last log line.
	exported, lost, unsaid int64
	said                   time.Time
	failing                bool
}

// ExportSpans implements sdktrace.SpanExporter. It never fails: the SDK would write
// the error to standard error.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := e.next.ExportSpans(ctx, spans)
	e.mu.Lock()
	defer e.mu.Unlock()
	if err == nil {
		e.succeeded(len(spans))
	} else {
		e.failed(len(spans), err)
	}
	return nil
}

func (e *exporter) succeeded(n int) {
	e.exported += int64(n)
	if e.failing {
		e.failing = false
		e.log.Info("spans are exported again")
	}
}

func (e *exporter) failed(n int, err error) {
	e.lost += int64(n)
	e.unsaid += int64(n)
	e.failing = true
	if time.Since(e.said) < logInterval {
		return
	}
	e.log.Warn("spans are lost, messages are not affected", zap.String("collector", reason(err)), zap.Int64("spans", e.unsaid))
	e.said, e.unsaid = time.Now(), 0
}

// Shutdown implements sdktrace.SpanExporter. It ends a request that is under way.
func (e *exporter) Shutdown(ctx context.Context) error { return e.next.Shutdown(ctx) }

func (e *exporter) counts() (exported, lost int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.exported, e.lost
}
