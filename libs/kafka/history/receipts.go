package history

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Receipt is what became of one message after the provider had accepted it.
type Receipt struct {
	Channel domain.Channel     `json:"channel"`
	Kind    domain.ReceiptKind `json:"kind"`
	// Reason and Code are the provider's, of a message that was not delivered.
	Reason string    `json:"reason,omitempty"`
	Code   string    `json:"code,omitempty"`
	At     time.Time `json:"at"`
	// ProviderID is the provider's id of the message.
	ProviderID string `json:"provider_id"`
	// Source is the event that the message was sent for.
	Source Place `json:"source"`
}

// ReceiptsOf returns the receipts of the messages that were sent on ch for the event at
// origin, of that appointment, the earliest first. It reads only the event's partition
// of the outcomes topic.
func (r *Reader) ReceiptsOf(ctx context.Context, ch domain.Channel, id string, origin ports.Origin) ([]Receipt, error) {
	stretches, err := r.stretches(ctx, r.Topics.Outcomes, id, true)
	if err != nil {
		return nil, err
	}
	var told receiptBook
	if err := r.scan(ctx, r.Topics.Outcomes, origin.Partition, stretches[origin.Partition], told.of(id)); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(told.sorted(), func(t Receipt) bool {
		return t.Channel != ch || t.Source.Topic != origin.Topic || t.Source.Offset != origin.Offset
	}), nil
}

// receiptBook collects receipts, each once. The zero value is ready for use.
type receiptBook struct{ byID map[string]Receipt }

// of returns a function that adds the next record of the outcomes topic.
func (b *receiptBook) of(id string) func(*kgo.Record) {
	return func(record *kgo.Record) {
		// Other appointments are passed over without being read.
		if string(record.Key) != id {
			return
		}
		o, err := envelope.DecodeOutcome(record.Value)
		if err != nil || o.Kind() == "" {
			return
		}
		at, _ := o.Time()
		origin, _ := o.Origin()
		if b.byID == nil {
			b.byID = map[string]Receipt{}
		}
		if _, known := b.byID[o.ID]; !known {
			b.byID[o.ID] = Receipt{
				Channel: o.Channel, Kind: o.Kind(), Reason: o.Reason, Code: o.Code, At: at,
				ProviderID: o.ProviderMessageID, Source: placeOf(origin),
			}
		}
	}
}

func (b *receiptBook) sorted() []Receipt {
	all := make([]Receipt, 0, len(b.byID))
	for _, told := range b.byID {
		all = append(all, told)
	}
	slices.SortFunc(all, func(x, y Receipt) int {
		return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.Kind.Rank(), y.Kind.Rank()), cmp.Compare(x.ProviderID, y.ProviderID))
	})
	return all
}

// unreadable reports whether err means that a topic does not exist or that we may not
// read it. The history is then returned without that topic.
func unreadable(err error) bool {
	return errors.Is(err, errNoTopic) || errors.Is(err, kerr.TopicAuthorizationFailed)
}
