package index

import (
	"context"
	"fmt"
	"maps"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
)

// readBytes is about how much is read at a time. Unpacked and decoded, records take
// many times that, and the next part is read ahead.
const readBytes = 256 << 10

// Topics are the topics that an index is made from.
type Topics struct {
	DLQ, Resolutions string
	// Replays are the topics of the channels' replays.
	Replays map[domain.Channel]string
}

// Reader fills an index from Kafka. It reads without a consumer group and
// writes nothing. Its methods are called one at a time.
type Reader struct {
	Index  *Index
	topics Topics
	see    func(*kgo.Record)
	opts   []kgo.Opt
	client *kgo.Client
	admin  *kadm.Client
	// next is the offset after the last record read.
	next   map[string]map[int32]int64
	bounds map[int32]int64
	// ends are the ends of the dead-letter topic at the index's last Mark.
	ends      map[int32]int64
	retention time.Duration
	orphans   []string
	progress  *Progress
}

// Progress is the progress of a Load. Safe for concurrent use; a nil one is ignored.
type Progress struct{ read, all atomic.Int64 }

// Get returns how many offsets were read, and how many there are in all.
func (p *Progress) Get() (read, all int64) { return p.read.Load(), p.all.Load() }

func (p *Progress) expect(n int64) {
	if p != nil {
		p.all.Add(n)
	}
}

func (p *Progress) done(n int64) {
	if p != nil {
		p.read.Add(n)
	}
}

// NewReader returns a reader that connects with opts. see is called with each record of
// the resolutions topic, including those that are not resolutions, after the index has
// it; it must not block for long. It may be nil.
func NewReader(x *Index, topics Topics, see func(*kgo.Record), opts ...kgo.Opt) (*Reader, error) {
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return nil, fmt.Errorf("make a Kafka client: %w", err)
	}
	return &Reader{
		Index: x, topics: topics, see: see, opts: opts, client: client, admin: kadm.NewClient(client),
		next: make(map[string]map[int32]int64),
	}, nil
}

// Tell makes the reader report its progress to p while it loads.
func (r *Reader) Tell(p *Progress) { r.progress = p }

// Ping returns nil if a broker answers. Unlike the other methods it may be called at
// any time.
func (r *Reader) Ping(ctx context.Context) error {
	if err := r.client.Ping(ctx); err != nil {
		return fmt.Errorf("no broker answers: %w", err)
	}
	return nil
}

// Close ends all reading.
func (r *Reader) Close() { r.client.Close() }

// Load reads the dead letters up to the topic's present end, and their resolutions.
//
// The resolutions are read first, so that an index which cannot hold all dead letters
// knows which of them to forget, and once more up to their end, because new ones may
// have been written in the meantime. No resolution is forgotten before the dead letters
// are read.
func (r *Reader) Load(ctx context.Context) error {
	if err := r.readRetentions(ctx); err != nil {
		return err
	}
	if err := r.Refresh(ctx); err != nil {
		return err
	}
	r.Index.Mark()
	bounds, err := r.catchUp(ctx, r.topics.DLQ)
	if err != nil {
		return err
	}
	r.bounds = bounds
	if err := r.Refresh(ctx); err != nil {
		return err
	}
	var before time.Time // with unlimited retention nothing becomes an orphan by age
	if r.retention > 0 {
		before = time.Now().Add(-r.retention)
	}
	r.orphans = r.Index.ForgetUnknown(before)
	return nil
}

// Refresh reads the resolutions up to now.
func (r *Reader) Refresh(ctx context.Context) error {
	_, err := r.catchUp(ctx, r.topics.Resolutions)
	return err
}

// TakeOrphans returns, once, the keys of the resolutions that are older than the
// dead-letter topic's retention and whose dead letters Load did not find.
func (r *Reader) TakeOrphans() []string {
	orphans := r.orphans
	r.orphans = nil
	return orphans
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
		if r.next[topic], err = r.offsets(ctx, topic, r.admin.ListStartOffsets); err != nil {
			return nil, err
		}
	}
	scanner := kafkaclient.NewScanner(r.client, topic, readBytes)
	for partition, end := range ends {
		r.progress.expect(max(0, end-r.next[topic][partition]))
	}
	for partition, end := range ends {
		err := scanner.Read(ctx, partition, r.next[topic][partition], end, func(record *kgo.Record) error {
			r.progress.done(record.Offset + 1 - r.next[topic][partition])
			r.next[topic][partition] = record.Offset + 1
			r.take(record)
			return nil
		})
		if err != nil {
			return nil, err
		}
		r.next[topic][partition] = max(r.next[topic][partition], end)
	}
	return ends, nil
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

func (r *Reader) take(record *kgo.Record) {
	if record.Topic == r.topics.DLQ {
		r.Index.AddDeadLetter(record)
		return
	}
	r.Index.AddResolution(record)
	if r.see != nil {
		r.see(record)
	}
}
