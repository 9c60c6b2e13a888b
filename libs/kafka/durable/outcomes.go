package durable

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Outcomes tells what became of each event on the outcomes topic, on the partition
// number that the event had. With the ledger's Producer an outcome shares its
// requests.
type Outcomes struct {
	Producer *Producer
	Topic    string
	Observer ports.Observer
}

var _ ports.Outcomes = (*Outcomes)(nil)

// Tell implements ports.Outcomes.
func (s *Outcomes) Tell(ctx context.Context, c ports.Conclusion) error {
	key, value := envelope.EncodeOutcome(c)
	record := &kgo.Record{Topic: s.Topic, Partition: c.Record.Origin().Partition, Key: key, Value: value, Headers: envelope.ToKafka(c.Trace.Headers())}
	return s.Producer.PersistRecord(ctx, record, s.Observer, c.Channel)
}
