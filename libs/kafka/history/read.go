package history

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
)

// errNoTopic means that a topic does not exist.
var errNoTopic = errors.New("the topic does not exist")

// readBytes is how much of a partition is read at a time.
const readBytes = 8 << 20

// read calls fn for each committed record that the topic holds now: of the
// partition that key belongs to, or of all. Transaction markers are left out.
func (r *Reader) read(ctx context.Context, topic, key string, all bool, fn func(*kgo.Record)) error {
	stretches, err := r.stretches(ctx, topic, key, all)
	if err != nil {
		return err
	}
	for partition, s := range stretches {
		if err := r.scan(ctx, topic, partition, s, fn); err != nil {
			return err
		}
	}
	return nil
}

// scan calls fn for each committed record of one partition's stretch.
func (r *Reader) scan(ctx context.Context, topic string, partition int32, s stretch, fn func(*kgo.Record)) error {
	return kafkaclient.NewScanner(r.Client, topic, readBytes).Read(ctx, partition, s.from, s.to, func(record *kgo.Record) error {
		fn(record)
		return nil
	})
}

// stretch is what a partition holds now.
type stretch struct{ from, to int64 }

// stretches returns the stretches to read, by partition.
func (r *Reader) stretches(ctx context.Context, topic, key string, all bool) (map[int32]stretch, error) {
	admin := kadm.NewClient(r.Client)
	starts, err := admin.ListStartOffsets(ctx, topic)
	if err != nil {
		return nil, fmt.Errorf("list the offsets of %s: %w", topic, err)
	}
	ends, err := admin.ListCommittedOffsets(ctx, topic)
	if err != nil {
		return nil, fmt.Errorf("list the offsets of %s: %w", topic, err)
	}
	found := map[int32]stretch{}
	home := homeOf(topic, key, len(ends[topic]))
	for p, end := range ends[topic] {
		if errors.Is(end.Err, kerr.UnknownTopicOrPartition) {
			return nil, errNoTopic
		}
		if end.Err != nil {
			return nil, fmt.Errorf("list the offsets of %s: %w", topic, end.Err)
		}
		if all || p == home {
			found[p] = stretch{starts[topic][p].Offset, end.Offset}
		}
	}
	return found, nil
}

// homeOf returns the partition that key belongs to: murmur2, as the Java client
// computes it.
func homeOf(topic, key string, partitions int) int32 {
	if partitions == 0 {
		return 0
	}
	record := &kgo.Record{Topic: topic, Key: []byte(key)}
	return int32(kgo.StickyKeyPartitioner(nil).ForTopic(topic).Partition(record, partitions)) //nolint:gosec // Kafka counts partitions in 32 bits
}
