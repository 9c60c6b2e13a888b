package index

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// trimEvery is how often what retention took away is forgotten.
const trimEvery = time.Minute

// Follow keeps the index up to date until ctx is over. It needs Load before it
// and starts where that ended.
func (r *Reader) Follow(ctx context.Context) error {
	trimmed := time.Now()
	for {
		if _, err := r.poll(ctx); err != nil {
			return err
		}
		if time.Since(trimmed) < trimEvery {
			continue
		}
		trimmed = time.Now()
		starts, err := r.offsets(ctx, r.topics.DLQ, r.admin.ListStartOffsets)
		if err != nil {
			return err
		}
		r.Index.Trim(starts)
		r.beginNew(starts)
	}
}

// beginNew starts to read partitions that were added to the topic.
func (r *Reader) beginNew(starts map[int32]int64) {
	added := make(map[int32]kgo.Offset)
	for partition, start := range starts {
		if _, known := r.next[r.topics.DLQ][partition]; !known {
			r.next[r.topics.DLQ][partition] = start
			added[partition] = kgo.NewOffset().At(start)
		}
	}
	r.client.AddConsumePartitions(map[string]map[int32]kgo.Offset{r.topics.DLQ: added})
}

// FollowResolutions is Follow without the dead letters.
func (r *Reader) FollowResolutions(ctx context.Context) error {
	r.client.PauseFetchTopics(r.topics.DLQ)
	for {
		if _, err := r.poll(ctx); err != nil {
			return err
		}
	}
}

// ErrGone means that the topic no longer holds the dead letter.
var ErrGone = errors.New("retention has deleted it")

// Get reads the dead letter at one place, value and all, with a connection of
// its own.
func Get(ctx context.Context, topic string, partition int32, offset int64, opts ...kgo.Opt) (*kgo.Record, error) {
	place := map[string]map[int32]kgo.Offset{topic: {partition: kgo.NewOffset().At(offset)}}
	client, err := kgo.NewClient(append(append([]kgo.Opt(nil), opts...),
		kgo.ConsumePartitions(place), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchMaxBytes(1), kgo.FetchMaxPartitionBytes(1),
	)...)
	if err != nil {
		return nil, fmt.Errorf("make a Kafka client: %w", err)
	}
	defer client.Close()
	for {
		fetches := client.PollRecords(ctx, 1)
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("read %s/%d offset %d: %w", topic, partition, offset, err)
		}
		if err := fetchError(fetches); err != nil {
			return nil, err
		}
		for _, record := range fetches.Records() {
			if record.Offset != offset {
				return nil, ErrGone
			}
			return record, nil
		}
	}
}
