package index

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// stuckAfter is how long a read to a known end may make no progress.
const stuckAfter = 30 * time.Second

// Topics are the topics that an index is made of.
type Topics struct{ DLQ, Resolutions string }

// Reader fills an index from Kafka. It reads without a consumer group and
// writes nothing. Its methods are called one at a time.
type Reader struct {
	Index  *Index
	topics Topics
	see    func(*kgo.Record)
	client *kgo.Client
	admin  *kadm.Client
	// next is the offset after the last one that was read.
	next   map[string]map[int32]int64
	bounds map[int32]int64
}

// NewReader returns a reader that connects with opts. see gets each record of
// the resolutions topic once the index has it, also what is no resolution; it
// must not block for long. It may be nil.
func NewReader(x *Index, topics Topics, see func(*kgo.Record), opts ...kgo.Opt) (*Reader, error) {
	client, err := kgo.NewClient(append(append([]kgo.Opt(nil), opts...),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		// The end of a topic may be the mark of a transaction. Without seeing
		// those, nobody could tell that it was reached.
		kgo.KeepControlRecords(),
		kgo.FetchMaxBytes(2<<20), kgo.MaxBufferedRecords(5000),
		// A partition that is added has to wait for the fetch that is under way.
		kgo.FetchMaxWait(100*time.Millisecond),
	)...)
	if err != nil {
		return nil, fmt.Errorf("make a Kafka client: %w", err)
	}
	return &Reader{
		Index: x, topics: topics, see: see, client: client, admin: kadm.NewClient(client),
		next: make(map[string]map[int32]int64),
	}, nil
}

// Close ends all reading.
func (r *Reader) Close() { r.client.Close() }

// Load reads all that is there: the dead letters up to the end that the topic
// has now, and what became of them.
//
// The resolutions are read first, so that an index which cannot hold all dead
// letters knows which of them to forget, and once more up to their end, because
// new ones may have been written in the meantime.
func (r *Reader) Load(ctx context.Context) error {
	if _, err := r.catchUp(ctx, r.topics.Resolutions); err != nil {
		return err
	}
	bounds, err := r.catchUp(ctx, r.topics.DLQ)
	if err != nil {
		return err
	}
	r.bounds = bounds
	if _, err := r.catchUp(ctx, r.topics.Resolutions); err != nil {
		return err
	}
	r.Index.ForgetUnknown()
	return nil
}

// Bounds returns the end offsets of the dead-letter topic that Load read to.
func (r *Reader) Bounds() map[int32]int64 { return maps.Clone(r.bounds) }

// catchUp reads topic up to the end that it has now and returns that end.
func (r *Reader) catchUp(ctx context.Context, topic string) (map[int32]int64, error) {
	ends, err := r.offsets(ctx, topic, r.admin.ListCommittedOffsets)
	if err != nil {
		return nil, err
	}
	if r.next[topic] == nil {
		starts, err := r.offsets(ctx, topic, r.admin.ListStartOffsets)
		if err != nil {
			return nil, err
		}
		r.begin(topic, starts)
	}
	stuck := time.Now()
	for !reached(r.next[topic], ends) {
		progress, err := r.poll(ctx)
		if err != nil {
			return nil, err
		}
		if progress {
			stuck = time.Now()
		} else if time.Since(stuck) > stuckAfter {
			return nil, fmt.Errorf("topic %s: no progress towards its end for %s", topic, stuckAfter)
		}
	}
	return ends, nil
}

func (r *Reader) begin(topic string, starts map[int32]int64) {
	r.next[topic] = starts
	offsets := make(map[int32]kgo.Offset, len(starts))
	for partition, start := range starts {
		offsets[partition] = kgo.NewOffset().At(start)
	}
	r.client.AddConsumePartitions(map[string]map[int32]kgo.Offset{topic: offsets})
}

func reached(next, ends map[int32]int64) bool {
	for partition, end := range ends {
		if next[partition] < end {
			return false
		}
	}
	return true
}

type lister func(context.Context, ...string) (kadm.ListedOffsets, error)

func (r *Reader) offsets(ctx context.Context, topic string, list lister) (map[int32]int64, error) {
	listed, err := list(ctx, topic)
	if err == nil {
		err = listed.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("offsets of topic %s: %w", topic, err)
	}
	offsets := make(map[int32]int64)
	listed.Each(func(o kadm.ListedOffset) { offsets[o.Partition] = o.Offset })
	return offsets, nil
}

// pollWait bounds one poll, so that a read that gets nothing notices the time.
const pollWait = time.Second

// poll takes over one fetch and tells whether anything came.
func (r *Reader) poll(ctx context.Context) (bool, error) {
	wait, cancel := context.WithTimeout(ctx, pollWait)
	defer cancel()
	fetches := r.client.PollFetches(wait)
	if err := ctx.Err(); err != nil {
		return false, err
	}
	progress := false
	fetches.EachRecord(func(record *kgo.Record) {
		progress = true
		r.next[record.Topic][record.Partition] = record.Offset + 1
		r.take(record)
	})
	return progress, fetchError(fetches)
}

func (r *Reader) take(record *kgo.Record) {
	switch {
	case record.Attrs.IsControl():
	case record.Topic == r.topics.DLQ:
		r.Index.AddDeadLetter(record)
	default:
		r.Index.AddResolution(record)
		if r.see != nil {
			r.see(record)
		}
	}
}

// fetchError returns what stands in the way of reading. Records that retention
// took away before they were read are no fault.
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
