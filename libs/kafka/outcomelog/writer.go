package outcomelog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/durable"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/receipts"
)

// Writer writes receipts to the outcomes topic, on the partition of their message. Set
// all fields before use; it may be used concurrently.
type Writer struct {
	Channel     domain.Channel
	Topic       string
	Producer    *durable.Producer
	Resolutions ports.Resolutions
	Observer    ports.Observer
	// Reader reads messages again.
	Reader *kgo.Client
	// Tracer may be nil: then receipts are not traced.
	Tracer Tracer
}

// Tracer shows receipts.
type Tracer interface {
	// Receipt begins the span in which the receipt of a message is written to topic,
	// linked to the one that sent names, which may be zero.
	Receipt(ch domain.Channel, topic, appointmentID string, sent ports.TraceContext, r ports.Receipt) ports.TraceSpan
}

var _ receipts.Log = (*Writer)(nil)

// Write implements receipts.Log. The outcome and the resolution that a receipt proves
// are written before the receipt, in the order of all durable steps.
func (w *Writer) Write(ctx context.Context, f receipts.Finding) error {
	o, err := outcome(f.Message.Ref, w.Channel, f.Section)
	if err != nil {
		return err
	}
	span := ports.TraceSpan(ports.NoTraceSpan{})
	if w.Tracer != nil {
		span = w.Tracer.Receipt(w.Channel, w.Topic, o.AppointmentID, o.Trace, f.Receipt)
	}
	o.Trace = span.Context()
	err = w.record(ctx, o, f)
	span.End(failureOf(err))
	return err
}

func failureOf(err error) *domain.Failure {
	if err == nil {
		return nil
	}
	return domain.AsFailure(err)
}

// record writes the outcome that a receipt of o's message proves, if it was in doubt,
// and then the receipt.
func (w *Writer) record(ctx context.Context, o envelope.Outcome, f receipts.Finding) error {
	if f.Message.Doubtful {
		if err := w.resolve(ctx, o, f.Message.ProviderID); err != nil {
			return err
		}
	}
	if f.Receipt.Kind == "" {
		return nil
	}
	return w.tell(ctx, o.Received(f.Receipt))
}

// resolve records that the message of a dead letter with an unknown outcome was sent.
// The dead letter's own replay count closes that round and no later one.
func (w *Writer) resolve(ctx context.Context, o envelope.Outcome, providerID string) error {
	now := time.Now()
	proven, err := o.Proven(providerID, now)
	if err != nil {
		return err
	}
	if err := w.tell(ctx, proven); err != nil {
		return err
	}
	return w.Resolutions.Resolve(ctx, ports.Resolution{
		DeadLetterID: o.DeadLetterID, Channel: w.Channel, Job: o.ReplayJob, ReplayCount: o.ReplayCount,
		Outcome: domain.Sent(providerID), At: now,
	})
}

func (w *Writer) tell(ctx context.Context, o envelope.Outcome) error {
	key, value, err := o.Record()
	if err != nil {
		return err
	}
	record := &kgo.Record{Topic: w.Topic, Partition: o.Event.Partition, Key: key, Value: value, Headers: envelope.ToKafka(o.Trace.Headers())}
	return w.Producer.PersistRecord(ctx, record, w.Observer, w.Channel)
}

// recallBytes is enough for one batch with the record.
const recallBytes = 1

// Recall implements receipts.Log.
func (w *Writer) Recall(ctx context.Context, partition int32, offset int64) (receipts.Message, error) {
	scanner := kafkaclient.NewScanner(w.Reader, w.Topic, recallBytes)
	scanner.Whole = true
	found, err := receipts.Message{}, receipts.ErrForgotten
	readErr := scanner.Read(ctx, partition, offset, offset+1, func(r *kgo.Record) error {
		o, useful, decodeErr := glance{w.Channel}.read(r.Value)
		if decodeErr == nil && useful && r.Offset == offset {
			o.Trace = traceOf(r)
			found, err = messageOf(o, offset), nil
		}
		return nil
	})
	var deleted *kafkaclient.DeletedError
	var truncated *kafkaclient.TruncatedError
	switch {
	case errors.As(readErr, &deleted) || errors.As(readErr, &truncated):
		return receipts.Message{}, receipts.ErrForgotten
	case readErr != nil:
		return receipts.Message{}, fmt.Errorf("read a message again: %w", readErr)
	}
	return found, err
}
