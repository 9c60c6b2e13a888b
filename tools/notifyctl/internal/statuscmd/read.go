package statuscmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cluster"
)

// reader reads whole partitions. Nothing in the cluster is changed: no group is
// joined and no offset committed.
type reader struct {
	cluster *cluster.Cluster
}

// silence is how long nothing may arrive before what was read counts as all. On
// a compacted topic the newest offsets may have no record any more.
const silence = 3 * time.Second

// errNoTopic means that a topic does not exist.
var errNoTopic = errors.New("the topic does not exist")

// read calls fn for each committed record that the topic holds now: of the
// partition that key belongs to, or of all. Transaction markers are left out.
func (r *reader) read(ctx context.Context, topic, key string, all bool, fn func(*kgo.Record)) error {
	left, err := r.bounds(ctx, topic, key, all)
	if err != nil || len(left) == 0 {
		return err
	}
	client, err := r.direct(topic, left)
	if err != nil {
		return err
	}
	defer client.Close()
	for len(left) > 0 {
		done, err := r.poll(ctx, client, left, fn)
		if err != nil {
			return fmt.Errorf("read %s: %w", topic, err)
		}
		if done {
			return nil
		}
	}
	return nil
}

// poll reads once and takes out of left the partitions that were read to their
// end. done is true when nothing more arrives.
func (r *reader) poll(ctx context.Context, client *kgo.Client, left map[int32]int64, fn func(*kgo.Record)) (done bool, err error) {
	timed, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	fetches := client.PollFetches(timed)
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	if timed.Err() != nil {
		return true, r.alive(ctx)
	}
	if err := fetches.Err(); err != nil {
		return false, err
	}
	fetches.EachRecord(func(record *kgo.Record) {
		end, reading := left[record.Partition]
		if !reading {
			return
		}
		if record.Offset < end && !record.Attrs.IsControl() {
			fn(record)
		}
		if record.Offset >= end-1 {
			delete(left, record.Partition)
		}
	})
	return false, nil
}

// alive tells whether the silence was the topic's and not the broker's.
func (r *reader) alive(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	if err := r.cluster.Client.Ping(ctx); err != nil {
		return fmt.Errorf("kafka stopped answering, so the picture would not be whole: %w", err)
	}
	return nil
}

// bounds returns the end of each partition that has records to read.
func (r *reader) bounds(ctx context.Context, topic, key string, all bool) (map[int32]int64, error) {
	starts, err := r.cluster.Admin.ListStartOffsets(ctx, topic)
	if err != nil {
		return nil, fmt.Errorf("list the offsets of %s: %w", topic, err)
	}
	ends, err := r.cluster.Admin.ListCommittedOffsets(ctx, topic)
	if err != nil {
		return nil, fmt.Errorf("list the offsets of %s: %w", topic, err)
	}
	left := map[int32]int64{}
	home := homeOf(topic, key, len(ends[topic]))
	for p, end := range ends[topic] {
		if errors.Is(end.Err, kerr.UnknownTopicOrPartition) {
			return nil, errNoTopic
		}
		if end.Err != nil {
			return nil, fmt.Errorf("list the offsets of %s: %w", topic, end.Err)
		}
		if start := starts[topic][p]; end.Offset > start.Offset && (all || p == home) {
			left[p] = end.Offset
		}
	}
	return left, nil
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

// direct returns a client that reads the partitions of left from their start.
func (r *reader) direct(topic string, left map[int32]int64) (*kgo.Client, error) {
	s := r.cluster.Settings
	opts, err := kafkaclient.Options(s.Connection.Client(s.Program().Name), zap.NewNop())
	if err != nil {
		return nil, err
	}
	from := map[int32]kgo.Offset{}
	for p := range left {
		from[p] = kgo.NewOffset().AtStart()
	}
	return kgo.NewClient(append(opts,
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: from}),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(),
		kgo.FetchMaxBytes(16<<20), kgo.FetchMaxPartitionBytes(8<<20),
	)...)
}
