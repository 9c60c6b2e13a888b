// Package tracing shows the way of records as OpenTelemetry spans. It is the only
// package that knows OpenTelemetry; others know ports.Tracer.
//
// A record's span is a child of the producer's span that its traceparent header names:
// a record is processed alone, so that the semantic conventions allow the message's
// creation context as its parent, and one trace then shows the whole way. What comes
// long after (a replay, a receipt) begins a trace of its own that is linked to the
// earlier one, which a collector may have closed by then.
//
// Names follow the semantic conventions for messaging spans in the version that
// semconv.go pins. No span has a recipient, a text, a key, an address of a request or
// a failure's detail.
package tracing
