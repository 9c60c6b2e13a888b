package replay

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
)

// pick is a selected dead letter with its record; a nil record means that the
// topic no longer holds it.
type pick struct {
	item   index.Item
	record *kgo.Record
}

// pickBytes is about how much of a partition a picker reads at a time.
const pickBytes = 1 << 20

// picker reads the records of selected dead letters, in the order of each
// partition, and so in the order of each appointment.
type picker struct {
	client  *kgo.Client
	scanner *kafkaclient.Scanner
	// wanted are the selected items that are not passed yet, by partition, in the order
	// of their offsets.
	wanted map[int32][]index.Item
}

func newPicker(topic string, items []index.Item, opts ...kgo.Opt) (*picker, error) {
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return nil, fmt.Errorf("make a Kafka client: %w", err)
	}
	p := &picker{client: client, scanner: kafkaclient.NewScanner(client, topic, pickBytes), wanted: make(map[int32][]index.Item)}
	for _, item := range items {
		p.wanted[item.Partition] = append(p.wanted[item.Partition], item)
	}
	for _, wanted := range p.wanted {
		slices.SortFunc(wanted, func(a, b index.Item) int { return cmp.Compare(a.Offset, b.Offset) })
	}
	return p, nil
}

// run sends every selected dead letter to out and then closes it. If it ends early,
// with an error, out stays open.
func (p *picker) run(ctx context.Context, out chan<- pick) error {
	defer p.client.Close()
	for len(p.wanted) > 0 {
		for _, partition := range slices.Sorted(maps.Keys(p.wanted)) {
			if err := p.advance(ctx, partition, out); err != nil {
				return err
			}
		}
	}
	close(out)
	return nil
}

// advance reads the partition from the first wanted offset and passes on the wanted
// records of the stretch that it read. A wanted item without a record there is gone.
func (p *picker) advance(ctx context.Context, partition int32, out chan<- pick) error {
	wanted := p.wanted[partition]
	records, next, err := p.scanner.Next(ctx, partition, wanted[0].Offset, wanted[len(wanted)-1].Offset+1)
	if err != nil {
		return err
	}
	for len(wanted) > 0 && wanted[0].Offset < next {
		for len(records) > 0 && records[0].Offset < wanted[0].Offset {
			records = records[1:]
		}
		found := pick{item: wanted[0]}
		if len(records) > 0 && records[0].Offset == wanted[0].Offset {
			found.record = records[0]
		}
		if err := send(ctx, out, found); err != nil {
			return err
		}
		wanted = wanted[1:]
	}
	if p.wanted[partition] = wanted; len(wanted) == 0 {
		delete(p.wanted, partition)
	}
	return nil
}

func send(ctx context.Context, out chan<- pick, p pick) error {
	select {
	case out <- p:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
