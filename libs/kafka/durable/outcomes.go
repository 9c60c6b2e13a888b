package durable

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Outcomes publishes what became of each event to the outcomes topic, on the partition
// number that the event had. If it uses the ledger's Producer, outcomes and ledger
// records share requests.
type Outcomes struct {
	Producer *Producer
	Topic    string
	Observer ports.Observer
}

var _ ports.OutcomesThen = (*Outcomes)(nil)

// Tell implements ports.Outcomes.
func (s *Outcomes) Tell(ctx context.Context, c ports.Conclusion) error {
	return s.Producer.PersistRecord(ctx, s.record(c), s.Observer, c.Channel)
}

func (s *Outcomes) record(c ports.Conclusion) *kgo.Record {
	key, value := envelope.EncodeOutcome(c)
	return &kgo.Record{Topic: s.Topic, Partition: c.Record.Origin().Partition, Key: key, Value: value, Headers: envelope.ToKafka(c.Trace.Headers())}
}

// TellThen implements ports.OutcomesThen.
func (s *Outcomes) TellThen(ctx context.Context, c ports.Conclusion, then func(error)) {
	t := &telling{outcomes: s, ctx: ctx, channel: c.Channel, then: then}
	t.forget = context.AfterFunc(ctx, t.expired)
	s.Producer.Produce(s.record(c), t)
}
