package delivery

import (
	"runtime/debug"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// guardTracer returns t with its panics recovered: a tracer only watches and must not
// change the outcome of a message. A nil t needs no guard and costs no allocation.
func guardTracer(t ports.Tracer, o ports.Observer) ports.Tracer {
	switch t.(type) {
	case nil, ports.NoTracer:
		return ports.NoTracer{}
	}
	return guardedTracer{t, o}
}

type guardedTracer struct {
	next     ports.Tracer
	observer ports.Observer
}

// Process implements ports.Tracer.
func (g guardedTracer) Process(ch domain.Channel, r *ports.Record, arrived time.Time) (t ports.Trace) {
	guard := traceGuard{g.observer, ch}
	t = ports.NoTracer{}.Process(ch, r, arrived)
	defer guard.watch()
	return guardedTrace{g.next.Process(ch, r, arrived), guard}
}

type guardedTrace struct {
	next ports.Trace
	traceGuard
}

// Step implements ports.Trace.
func (g guardedTrace) Step(s ports.Step, began time.Time) (span ports.TraceSpan) {
	span = ports.NoTraceSpan{}
	defer g.watch()
	return guardedSpan{g.next.Step(s, began), g.traceGuard}
}

// End implements ports.Trace.
func (g guardedTrace) End(appointmentID string, o *domain.Outcome) {
	defer g.watch()
	g.next.End(appointmentID, o)
}

type guardedSpan struct {
	next ports.TraceSpan
	traceGuard
}

// Context implements ports.TraceSpan.
func (g guardedSpan) Context() ports.TraceContext {
	defer g.watch()
	return g.next.Context()
}

// End implements ports.TraceSpan.
func (g guardedSpan) End(f *domain.Failure) {
	defer g.watch()
	g.next.End(f)
}

// traceGuard recovers a tracer's panic and reports it.
type traceGuard struct {
	observer ports.Observer
	channel  domain.Channel
}

func (g traceGuard) watch() {
	if v := recover(); v != nil {
		g.observer.Panicked(g.channel, v, debug.Stack())
	}
}
