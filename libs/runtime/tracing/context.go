package tracing

import (
	"context"

	"go.opentelemetry.io/otel/trace"

	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// remote returns the span of another program that c names. It is invalid if c is
// malformed. A malformed state is dropped by itself, as the standard requires.
func remote(c ports.TraceContext) trace.SpanContext {
	id, ok := c.ID()
	if !ok {
		return trace.SpanContext{}
	}
	state, err := trace.ParseTraceState(c.State)
	if err != nil {
		state = trace.TraceState{}
	}
	return trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: id.Trace, SpanID: id.Span, TraceFlags: trace.TraceFlags(id.Flags), TraceState: state, Remote: true,
	})
}

// maxState is the longest state that is passed on, the least that the standard
// requires, so that it does not make a record too large.
const maxState = 512

// contextOf returns the context with which other programs refer to a span.
func contextOf(s trace.SpanContext) ports.TraceContext {
	c := ports.TraceID{Trace: s.TraceID(), Span: s.SpanID(), Flags: byte(s.TraceFlags())}.Context()
	if state := s.TraceState().String(); len(state) <= maxState {
		c.State = state
	}
	return c
}

// under returns a context for children of the span that c names, if it names one.
func under(c ports.TraceContext) context.Context {
	ctx := context.Background()
	if parent := remote(c); parent.IsValid() {
		ctx = trace.ContextWithRemoteSpanContext(ctx, parent)
	}
	return ctx
}

// linksTo returns links to the spans that contexts name.
func linksTo(contexts ...ports.TraceContext) []trace.Link {
	var links []trace.Link
	for _, c := range contexts {
		if s := remote(c); s.IsValid() {
			links = append(links, trace.Link{SpanContext: s})
		}
	}
	return links
}
