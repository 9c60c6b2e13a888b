package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// appended is one acknowledged append whose meaning is not decided yet.
type appended struct {
	entry  *ledger.Entry
	offset int64
	result chan error
}

// append writes e and waits until it is acknowledged and known to be valid.
func (l *Ledger) append(e *ledger.Entry) error {
	if err := l.Err(); err != nil {
		return err
	}
	a := appended{entry: e, result: make(chan error, 1)}
	l.store.Producer.produce(l.stamped(e), func(r *kgo.Record, err error) { l.acknowledged(a, r.Offset, err) })
	return <-a.result
}

// acknowledged folds an append, in the order of offsets.
//
// As long as we are the only writer, our appends get contiguous offsets. A gap
// is the sign that somebody else wrote, perhaps a fence:
//
//	we: claim K (offset 7, acknowledged)        … stopped by SIGSTOP …
//	new owner: fence (8), reads our claim, asks the provider, sends K itself
//	we: … go on, claim J (offset 9)   → 8 is missing: read it before J counts
//
// It runs on the producer's goroutine and must not block, so a gap is read on
// another one; appends behind it wait.
func (l *Ledger) acknowledged(a appended, offset int64, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a.offset = offset
	switch {
	case l.failure != nil:
		a.result <- l.failure
	case err != nil:
		l.fail(fmt.Errorf("append to %s/%d: %w", l.store.Topic, l.partition, err))
		a.result <- l.failure
	case len(l.waiting) > 0:
		l.waiting = append(l.waiting, a)
	case offset != l.next:
		l.waiting = append(l.waiting, a)
		go l.readGap()
	default:
		l.fold(a)
		a.result <- nil
	}
}

func (l *Ledger) fold(a appended) {
	l.index.Fold(a.entry, time.Now(), a.entry.Claim.Since)
	l.next = a.offset + 1
}

// fail ends the ledger's use. The caller holds mu.
func (l *Ledger) fail(err error) {
	if l.failure == nil {
		l.failure = err
		close(l.broken)
	}
}

// readGap reads everything from the first unseen offset through the newest
// acknowledged append, ours included, until nothing waits any more.
func (l *Ledger) readGap() {
	for {
		l.mu.Lock()
		from, last := l.next, l.waiting[len(l.waiting)-1].offset
		l.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
		err := l.store.read(ctx, l.partition, kgo.NewOffset().At(from), last, l.foldForeign)
		cancel()
		if l.settleGap(last, err) {
			return
		}
	}
}

// readTimeout bounds the short reads of a ledger, those of a gap and of the
// oldest fence; afterwards the ledger is opened anew.
const readTimeout = 30 * time.Second

func (l *Ledger) foldForeign(r *kgo.Record, e *ledger.Entry) error {
	if e == nil {
		return nil
	}
	if e.Kind == ledger.KindFence {
		return ports.ErrFenced
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.index.Fold(e, r.Timestamp, e.Claim.Since)
	return nil
}

// settleGap answers the appends up to offset last. It returns true when none
// waits any more.
func (l *Ledger) settleGap(last int64, err error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		if !errors.Is(err, ports.ErrFenced) {
			err = fmt.Errorf("read a gap in %s/%d: %w", l.store.Topic, l.partition, err)
		}
		l.fail(err)
		for _, a := range l.waiting {
			a.result <- l.failure
		}
		l.waiting = nil
		return true
	}
	for len(l.waiting) > 0 && l.waiting[0].offset <= last {
		l.fold(l.waiting[0]) // folding twice changes nothing, and restores Since
		l.waiting[0].result <- nil
		l.waiting = l.waiting[1:]
	}
	return len(l.waiting) == 0
}
