package durable

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Resolutions writes what became of replays to the resolutions topic.
type Resolutions struct {
	Producer *Producer
	Topic    string
	Observer ports.Observer
}

var _ ports.Resolutions = (*Resolutions)(nil)

// Resolve implements ports.Resolutions.
func (s *Resolutions) Resolve(ctx context.Context, r ports.Resolution) error {
	key, value, err := envelope.EncodeResolution(envelope.ResolutionOf(r))
	if err != nil {
		return fmt.Errorf("write a resolution: %w", err)
	}
	record := &kgo.Record{Topic: s.Topic, Key: key, Value: value}
	return s.Producer.PersistRecord(ctx, record, s.Observer, r.Channel)
}
