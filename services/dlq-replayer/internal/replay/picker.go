package replay

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
)

// pick is a selected dead letter with its record; a nil record means that the
// topic no longer holds it.
type pick struct {
	item   index.Item
	record *kgo.Record
}

// picker reads the records of selected dead letters, in the order of each
// partition, and so in the order of each appointment.
type picker struct {
	client *kgo.Client
	// wanted are the selected offsets that were not passed yet, by partition.
	wanted map[int32]map[int64]index.Item
	last   map[int32]int64
}

func newPicker(topic string, items []index.Item, opts ...kgo.Opt) (*picker, error) {
	p := &picker{wanted: make(map[int32]map[int64]index.Item), last: make(map[int32]int64)}
	first := make(map[int32]int64)
	for _, item := range items {
		if p.wanted[item.Partition] == nil {
			p.wanted[item.Partition] = make(map[int64]index.Item)
			first[item.Partition] = item.Offset
		}
		p.wanted[item.Partition][item.Offset] = item
		first[item.Partition] = min(first[item.Partition], item.Offset)
		p.last[item.Partition] = max(p.last[item.Partition], item.Offset)
	}
	offsets := make(map[int32]kgo.Offset)
	for partition, offset := range first {
		offsets[partition] = kgo.NewOffset().At(offset)
	}
	var err error
	p.client, err = kgo.NewClient(append(append([]kgo.Opt(nil), opts...),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: offsets}),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchMaxBytes(8<<20), kgo.MaxBufferedRecords(1000),
	)...)
	if err != nil {
		return nil, fmt.Errorf("make a Kafka client: %w", err)
	}
	return p, nil
}

// run sends every selected dead letter to out and then closes it. When it ends
// early, with an error, out stays open.
func (p *picker) run(ctx context.Context, out chan<- pick) error {
	defer p.client.Close()
	for len(p.wanted) > 0 {
		fetches := p.client.PollRecords(ctx, 100)
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, f := range fetches.Errors() {
			var lost *kgo.ErrDataLoss
			if !errors.As(f.Err, &lost) {
				return fmt.Errorf("read topic %s: %w", f.Topic, f.Err)
			}
		}
		for _, record := range fetches.Records() {
			if err := p.pass(ctx, record, out); err != nil {
				return err
			}
		}
	}
	close(out)
	return nil
}

// pass hands the record over if it is a selected one, and gives up on those
// that the partition has jumped over.
func (p *picker) pass(ctx context.Context, record *kgo.Record, out chan<- pick) error {
	wanted := p.wanted[record.Partition]
	item, ok := wanted[record.Offset]
	if ok {
		delete(wanted, record.Offset)
		if err := send(ctx, out, pick{item, record}); err != nil {
			return err
		}
	}
	if record.Offset < p.last[record.Partition] {
		return nil
	}
	for offset, item := range wanted {
		delete(wanted, offset)
		if err := send(ctx, out, pick{item, nil}); err != nil {
			return err
		}
	}
	delete(p.wanted, record.Partition)
	p.client.PauseFetchPartitions(map[string][]int32{record.Topic: {record.Partition}})
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
