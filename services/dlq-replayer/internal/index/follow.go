package index

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
)

// tidyEvery is how often a reader that follows the topics tidies its index.
const tidyEvery = time.Minute

// Follow keeps the index up to date until ctx is over. It needs Load before it
// and starts where that ended.
func (r *Reader) Follow(ctx context.Context) error {
	client, err := r.consumer(r.topics.DLQ, r.topics.Resolutions)
	if err != nil {
		return err
	}
	defer client.Close()
	tidied := time.Now()
	for {
		if err := r.poll(ctx, client); err != nil {
			return err
		}
		if time.Since(tidied) < tidyEvery {
			continue
		}
		tidied = time.Now()
		if err := r.tidy(ctx, client); err != nil {
			return err
		}
	}
}

// tidy forgets dead letters that retention has deleted and resolutions without a dead
// letter, and begins to read new partitions.
func (r *Reader) tidy(ctx context.Context, client *kgo.Client) error {
	starts, err := r.offsets(ctx, r.topics.DLQ, r.admin.ListStartOffsets)
	if err != nil {
		return err
	}
	r.Index.Trim(starts)
	r.beginNew(client, starts)
	if r.ends != nil && !reached(r.next[r.topics.DLQ], r.ends) {
		return nil
	}
	if r.ends != nil {
		r.Index.ForgetUnknown(time.Time{})
	}
	r.Index.Mark()
	r.ends, err = r.offsets(ctx, r.topics.DLQ, r.admin.ListCommittedOffsets)
	return err
}

func reached(next, ends map[int32]int64) bool {
	for partition, end := range ends {
		if next[partition] < end {
			return false
		}
	}
	return true
}

// beginNew starts to read new partitions of the topic.
func (r *Reader) beginNew(client *kgo.Client, starts map[int32]int64) {
	added := make(map[int32]kgo.Offset)
	for partition, start := range starts {
		if _, known := r.next[r.topics.DLQ][partition]; !known {
			r.next[r.topics.DLQ][partition] = start
			added[partition] = kgo.NewOffset().At(start)
		}
	}
	client.AddConsumePartitions(map[string]map[int32]kgo.Offset{r.topics.DLQ: added})
}

// FollowResolutions is Follow without the dead letters.
func (r *Reader) FollowResolutions(ctx context.Context) error {
	client, err := r.consumer(r.topics.Resolutions)
	if err != nil {
		return err
	}
	defer client.Close()
	for {
		if err := r.poll(ctx, client); err != nil {
			return err
		}
	}
}

// consumer returns a client that reads on in the topics. Its caller closes it.
func (r *Reader) consumer(topics ...string) (*kgo.Client, error) {
	from := make(map[string]map[int32]kgo.Offset)
	for _, topic := range topics {
		from[topic] = make(map[int32]kgo.Offset)
		for partition, next := range r.next[topic] {
			from[topic][partition] = kgo.NewOffset().At(next)
		}
	}
	client, err := kgo.NewClient(append(append([]kgo.Opt(nil), r.opts...),
		kgo.ConsumePartitions(from), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		// Transaction markers move the reader on as well.
		kgo.KeepControlRecords(),
		kgo.FetchMaxBytes(readBytes), kgo.MaxBufferedRecords(5000),
		// A new partition has to wait for the current fetch.
		kgo.FetchMaxWait(100*time.Millisecond),
	)...)
	if err != nil {
		return nil, fmt.Errorf("make a Kafka client: %w", err)
	}
	return client, nil
}

// pollWait bounds one poll, so that a reader that gets nothing notices the time.
const pollWait = time.Second

// poll takes over one fetch.
func (r *Reader) poll(ctx context.Context, client *kgo.Client) error {
	wait, cancel := context.WithTimeout(ctx, pollWait)
	defer cancel()
	fetches := client.PollFetches(wait)
	if err := ctx.Err(); err != nil {
		return err
	}
	fetches.EachRecord(func(record *kgo.Record) {
		r.next[record.Topic][record.Partition] = record.Offset + 1
		if !record.Attrs.IsControl() {
			r.take(record)
		}
	})
	return fetchError(fetches)
}

// fetchError returns the error that prevents reading. Records that retention deleted
// before they were read are not an error.
func fetchError(fetches kgo.Fetches) error {
	for _, f := range fetches.Errors() {
		var lost *kgo.ErrDataLoss
		if errors.Is(f.Err, context.DeadlineExceeded) || errors.Is(f.Err, context.Canceled) || errors.As(f.Err, &lost) {
			continue
		}
		return fmt.Errorf("read topic %s: %w", f.Topic, f.Err)
	}
	return nil
}

// ErrGone means that the topic no longer holds the dead letter.
var ErrGone = errors.New("retention has deleted it")

// Get reads the dead letter at one place, value and all, with a connection of its own.
// It returns ErrGone if the record does not exist, even at the end of the log.
func Get(ctx context.Context, topic string, partition int32, offset int64, opts ...kgo.Opt) (*kgo.Record, error) {
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return nil, fmt.Errorf("make a Kafka client: %w", err)
	}
	defer client.Close()
	var found *kgo.Record
	err = kafkaclient.NewScanner(client, topic, 1).Read(ctx, partition, offset, offset+1, func(r *kgo.Record) error {
		found = r
		return nil
	})
	if err == nil && found == nil {
		err = ErrGone
	}
	return found, err
}
