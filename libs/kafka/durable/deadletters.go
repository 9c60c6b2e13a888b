package durable

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// DeadLetters writes dead letters to the DLQ topic, on the partition number
// that the event had.
type DeadLetters struct {
	Producer *Producer
	Topic    string
	Group    string
	Observer ports.Observer
	// Enabled is KAFKA_DLQ_ENABLED.
	Enabled bool
}

var _ ports.DeadLetters = (*DeadLetters)(nil)

// Publish implements ports.DeadLetters. If dead-lettering is switched off, it returns
// delivery.ErrDeadLettersDisabled.
func (d *DeadLetters) Publish(ctx context.Context, l ports.DeadLetter) error {
	if !d.Enabled {
		return fmt.Errorf("%s/%d offset %d has to be dead-lettered but KAFKA_DLQ_ENABLED is false: repair the cause or enable "+
			"the dead-letter topic; its offset is not committed (%w; %w)",
			l.Record.Topic, l.Record.Partition, l.Record.Offset, delivery.ErrDeadLettersDisabled, l.Failure)
	}
	record := envelope.Record(d.Topic, l, d.Group)
	return d.Producer.Persist(ctx, d.Topic, d.Observer, l.Channel, func(ctx context.Context) error {
		err := d.Producer.ProduceSync(ctx, record)
		if errors.Is(err, kerr.MessageTooLarge) {
			record = truncated(record)
		}
		return err
	})
}

// truncatedBytes is how much is kept of a value that the topic does not take even
// compressed, because its limit was lowered, or the source's was raised.
const truncatedBytes = 64 << 10

func truncated(r *kgo.Record) *kgo.Record {
	if len(r.Value) <= truncatedBytes {
		return r
	}
	t := *r
	t.Value = r.Value[:truncatedBytes]
	t.Headers = append(r.Headers[:len(r.Headers):len(r.Headers)],
		kgo.RecordHeader{Key: envelope.HeaderTruncated, Value: []byte(strconv.Itoa(len(r.Value)))})
	return &t
}
