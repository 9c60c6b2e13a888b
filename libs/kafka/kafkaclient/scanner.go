package kafkaclient

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// scanPatience is how long a Scanner retries while a broker gives no answer or one that
// cannot be used yet.
const scanPatience = 30 * time.Second

// Scanner reads stretches of a topic's partitions: the committed records from
// one offset up to another. It always knows when a stretch is over.
//
// A consuming client does not: it waits for the next record, and at the end of
// a stretch there may never be one. Retention may have deleted everything up to
// the end, the last offsets may be marks of transactions or records of aborted
// ones, and compaction may have removed them. The broker's answers say how far
// they reach all the same, so a Scanner asks for them itself.
//
// It is for one goroutine.
type Scanner struct {
	// Whole makes a read fail with a *DeletedError if retention has deleted a part of
	// the stretch; without it that part is passed over.
	Whole bool
	// Bytes returns how many bytes the next request asks for at most.
	Bytes func() int32
	// Turns bounds what several Scanners hold in memory together; nil is no bound. With
	// Turns, a read reuses its records: the callback must not keep a record, but may
	// keep its key and value.
	Turns *Turns

	client *kgo.Client
	topic  string
	// details is the last metadata; nil before the first. doubted is set once the
	// metadata turned out to be wrong.
	details *kmsg.MetadataResponseTopic
	doubted bool
	unpack  kgo.Decompressor
}

// NewScanner returns a Scanner that reads with client, at most bytes at a time. With
// bytes of 1 it gets one batch at a time, however large.
func NewScanner(client *kgo.Client, topic string, bytes int32) *Scanner {
	return &Scanner{Bytes: func() int32 { return bytes }, client: client, topic: topic, unpack: kgo.DefaultDecompressor()}
}

// Read calls each with the committed records of the stretch, in order, and ends with
// the first error of each. If the first records do not end the read, the rest is read
// ahead while each works.
func (s *Scanner) Read(ctx context.Context, partition int32, from, to int64, each func(*kgo.Record) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := reading{Scanner: s, left: stretch{partition, from, to}}
	if from >= to {
		return ctx.Err()
	}
	if err := r.next(ctx).all(each); err != nil {
		return err
	}
	parts := r.ahead(ctx)
	defer func() {
		cancel()
		for p := range parts { // waits until the other goroutine has ended
			p.over()
		}
	}()
	for p := range parts {
		if err := p.all(each); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Next returns the first committed records of the stretch and where to go on. There may
// be no records although the stretch is not over; it is over when next is not below to.
// If the log ends before to, Next waits for scanPatience and then returns a
// *TruncatedError: records were lost with a leader.
func (s *Scanner) Next(ctx context.Context, partition int32, from, to int64) (records []*kgo.Record, next int64, err error) {
	r := reading{Scanner: s, left: stretch{partition, from, to}}
	p := r.next(ctx)
	p.turn.give()
	return p.records, r.left.from, p.err
}
