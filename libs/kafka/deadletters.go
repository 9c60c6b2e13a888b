package kafka

import (
	"context"
	"fmt"

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
	// Enabled is KAFKA_DLQ_ENABLED.
	Enabled bool
}

var _ ports.DeadLetters = (*DeadLetters)(nil)

// Publish implements ports.DeadLetters. Switched off it returns
// delivery.ErrDeadLettersDisabled.
func (d *DeadLetters) Publish(ctx context.Context, l ports.DeadLetter) error {
	if !d.Enabled {
		return fmt.Errorf("%s/%d offset %d: %w (%w)", l.Record.Topic, l.Record.Partition, l.Record.Offset, delivery.ErrDeadLettersDisabled, l.Failure)
	}
	if err := d.Producer.produceSync(ctx, envelope.Record(d.Topic, l, d.Group)); err != nil {
		return fmt.Errorf("write a dead letter to %s: %w", d.Topic, err)
	}
	return nil
}

// Resolutions writes what became of replays to the resolutions topic.
type Resolutions struct {
	Producer *Producer
	Topic    string
}

var _ ports.Resolutions = (*Resolutions)(nil)

// Resolve implements ports.Resolutions.
func (s *Resolutions) Resolve(ctx context.Context, r ports.Resolution) error {
	key, value, err := envelope.EncodeResolution(envelope.ResolutionOf(r))
	if err != nil {
		return fmt.Errorf("write a resolution: %w", err)
	}
	if err := s.Producer.produceSync(ctx, &kgo.Record{Topic: s.Topic, Key: key, Value: value}); err != nil {
		return fmt.Errorf("write a resolution to %s: %w", s.Topic, err)
	}
	return nil
}
