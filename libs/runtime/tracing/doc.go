// Package tracing shows the processing of records as OpenTelemetry spans. It is the
// only package that knows OpenTelemetry; others know ports.Tracer.
//
// A record's span is a child of the producer's span that its traceparent header names:
// a record is processed alone, so that the semantic conventions allow the message's
// creation context as its parent, and one trace then shows the whole way. Steps that
// come long after (a replay, a receipt) begin a trace of their own with a link to the
// earlier one, which a collector may have closed by then.
//
// Names follow the semantic conventions for messaging spans in the version that
// semconv.go pins. Spans contain no recipient, no text, no key, no address of a request
// and no failure's detail.
package tracing
