package tracing

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/mask"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Later makes the spans of receipts and replays, which come long after a record was
// processed: traces of their own, linked to the earlier ones.
type Later struct {
	// tracer is nil if tracing is off.
	tracer trace.Tracer
}

// Later returns the tracer of receipts and replays.
func (t *Traces) Later() Later { return Later{t.tracer} }

// Receipt begins the span in which a receipt is written to topic. sent is the context
// in the message's outcome: a send that is not traced gets no span here either.
func (l Later) Receipt(ch domain.Channel, topic, appointmentID string, sent ports.TraceContext, r ports.Receipt) ports.TraceSpan {
	if id, ok := sent.ID(); l.tracer == nil || !ok || !id.Sampled() {
		return ports.NoTraceSpan{}
	}
	attributes := []attribute.KeyValue{keyChannel.String(string(ch)), appointment(appointmentID), keyReceipt.String(string(r.Kind))}
	if r.Reason != "" {
		attributes = append(attributes, keyReason.String(r.Reason))
	}
	if !r.At.IsZero() {
		attributes = append(attributes, keyReceiptAt.String(r.At.UTC().Format(time.RFC3339)))
	}
	return l.begin(topic, attributes, sent)
}

// Replay begins the span in which a dead letter is sent to topic again. dead is the
// context of the span that wrote it, event that of the event's publisher.
func (l Later) Replay(ch domain.Channel, topic, job string, dead, event ports.TraceContext) ports.TraceSpan {
	if l.tracer == nil {
		return ports.NoTraceSpan{}
	}
	return l.begin(topic, []attribute.KeyValue{keyChannel.String(string(ch)), keyReplayJob.String(mask.Identifier(job))}, dead, event)
}

func (l Later) begin(topic string, attributes []attribute.KeyValue, earlier ...ports.TraceContext) ports.TraceSpan {
	_, span := l.tracer.Start(under(ports.TraceContext{}), "send "+topic, trace.WithSpanKind(trace.SpanKindProducer),
		trace.WithLinks(linksTo(earlier...)...), trace.WithAttributes(sending(topic)...), trace.WithAttributes(attributes...))
	return step{span}
}
