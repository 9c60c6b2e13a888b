package kafkaclient

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// stretch is a part of a partition: the offsets from from up to to.
type stretch struct {
	partition int32
	from, to  int64
}

// reading is one stretch that is read from its beginning to its end.
type reading struct {
	*Scanner
	// left is the part that is not read yet.
	left stretch
	// early is a request that was sent before the records in front of it were unpacked;
	// always nil unless hasty is set.
	early *asking
	hasty bool
}

// part is a piece of a stretch.
type part struct {
	records []*kgo.Record
	err     error
	turn    *turn
	slab    *slab
}

// all calls each with every record of the part and then releases the part.
func (p part) all(each func(*kgo.Record) error) error {
	defer p.over()
	for _, r := range p.records {
		if err := each(r); err != nil {
			return err
		}
	}
	return p.err
}

// over releases the part's slab and turn.
func (p part) over() {
	p.slab.done()
	p.turn.give()
}

// ahead reads the rest of the stretch on a goroutine of its own. It unpacks one part
// while its consumer works on another, and requests the part after that. It ends with
// the stretch, an error or ctx.
func (r *reading) ahead(ctx context.Context) <-chan part {
	parts := make(chan part)
	r.hasty = true
	go func() {
		defer close(parts)
		defer r.drop()
		for r.left.from < r.left.to {
			p := r.next(ctx)
			select {
			case parts <- p:
			case <-ctx.Done():
				p.over()
				return
			}
			if p.err != nil {
				return
			}
		}
	}()
	return parts
}

// next reads the next part of the stretch. It retries for scanPatience.
func (r *reading) next(ctx context.Context) part {
	begun := time.Now()
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		p := r.fetch(ctx)
		if p.err == nil || !errors.Is(p.err, errAgain) {
			return p
		}
		p.over()
		r.drop()
		if time.Since(begun) > scanPatience {
			return part{err: fmt.Errorf("read %s/%d from offset %d: no progress for %s: %w", r.topic, r.left.partition, r.left.from, scanPatience, p.err)}
		}
		r.forget()
		select {
		case <-ctx.Done():
			return part{err: fmt.Errorf("read %s/%d from offset %d: %w", r.topic, r.left.partition, r.left.from, errors.Join(ctx.Err(), p.err))}
		case <-time.After(pause):
		}
	}
}

func (r *reading) fetch(ctx context.Context) part {
	a := r.asked(ctx).wait()
	p := part{turn: a.turn, err: a.err}
	if a.err != nil {
		return p
	}
	if errors.Is(kerr.ErrorForCode(a.answer.ErrorCode), kerr.OffsetOutOfRange) {
		r.left.from, p.err = r.jump(ctx, r.left)
		return p
	}
	if p.err = r.fault(a.answer.ErrorCode); p.err != nil {
		return p
	}
	r.hurry(ctx, a.answer)
	p.slab = r.Turns.slab()
	p.records, p.err = r.unpacked(a.answer, p.slab)
	return p
}

// asked returns the request for the rest of the stretch: the early one, if it asks for
// the right offset, or a new one.
func (r *reading) asked(ctx context.Context) *asking {
	if a := r.early; a != nil && a.from == r.left.from {
		r.early = nil
		return a
	}
	r.drop()
	return r.begin(ctx, r.left.partition, r.left.from)
}

// hurry requests the records behind an answer early.
func (r *reading) hurry(ctx context.Context, answer *kmsg.FetchResponseTopicPartition) {
	if from := behind(answer, r.left.from); r.hasty && from > r.left.from && from < r.left.to {
		r.early = r.begin(ctx, r.left.partition, from)
	}
}

// drop waits for the early request, whose answer is no longer needed, and gives its
// turn back.
func (r *reading) drop() {
	if r.early != nil {
		r.early.wait().turn.give()
		r.early = nil
	}
}

// unpacked returns the records of an answer and goes on behind them.
func (r *reading) unpacked(answer *kmsg.FetchResponseTopicPartition, slab *slab) ([]*kgo.Record, error) {
	left := &r.left
	read, next := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{
		Topic: r.topic, Partition: left.partition, Offset: left.from, IsolationLevel: kgo.ReadCommitted(), Pools: slab.pools(),
	}, answer, r.unpack, nil)
	switch {
	case read.Err != nil:
		return nil, fmt.Errorf("read %s/%d offset %d: %w", r.topic, left.partition, left.from, read.Err)
	case next > left.from:
		left.from = next
		return before(read.Records, left.to), nil
	case answer.LastStableOffset >= left.to:
		left.from = left.to
		return nil, nil // The broker has nothing between here and there.
	}
	if answer.HighWatermark < left.to {
		// A new leader may not know the old one's end offset yet.
		return nil, fmt.Errorf("%w: %w", errAgain, &TruncatedError{Topic: r.topic, Partition: left.partition, To: left.to, End: answer.HighWatermark})
	}
	return nil, fmt.Errorf("%w: a transaction is open from offset %d on", errAgain, answer.LastStableOffset)
}

func before(records []*kgo.Record, to int64) []*kgo.Record {
	for len(records) > 0 && records[len(records)-1].Offset >= to {
		records = records[:len(records)-1]
	}
	return records
}
