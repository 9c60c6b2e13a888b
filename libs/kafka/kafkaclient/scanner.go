package kafkaclient

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// scanPatience is how long a Scanner tries a broker that gives no answer, or one
// that makes no sense yet.
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
	// Whole ends a read with a *DeletedError where retention has deleted a part
	// of the stretch; otherwise that part is passed over.
	Whole bool
	// Bytes returns for how many bytes at most the next request asks.
	Bytes func() int32
	// Turns bounds what several Scanners hold in memory together; nil bounds
	// nothing. With it a read uses its records again: each must not keep one, but
	// may keep its key and value.
	Turns *Turns

	client *kgo.Client
	topic  string
	// details is what the last metadata said, nil before. doubted is set when that
	// was of no use once.
	details *kmsg.MetadataResponseTopic
	doubted bool
	unpack  kgo.Decompressor
}

// NewScanner returns a Scanner that asks with client for at most so many bytes
// at a time. One that asks for 1 gets one batch at a time, however large.
func NewScanner(client *kgo.Client, topic string, bytes int32) *Scanner {
	return &Scanner{Bytes: func() int32 { return bytes }, client: client, topic: topic, unpack: kgo.DefaultDecompressor()}
}

// Read calls each with the committed records of the stretch, in order, and ends
// with the first error of each. Once the first records did not end it, it reads
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
		for p := range parts { // until the other goroutine has ended
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

// Next returns the first committed records of the stretch and where to go on.
// There may be none although the stretch is not over; it is over when next is
// not below to. A log that ends before to is waited for a while and then a
// *TruncatedError: what was there once was lost with a leader.
func (s *Scanner) Next(ctx context.Context, partition int32, from, to int64) (records []*kgo.Record, next int64, err error) {
	r := reading{Scanner: s, left: stretch{partition, from, to}}
	p := r.next(ctx)
	p.turn.give()
	return p.records, r.left.from, p.err
}
