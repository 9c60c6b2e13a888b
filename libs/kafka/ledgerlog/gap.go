package ledgerlog

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// readGap reads everything from the first unseen offset through the newest acknowledged
// append, including ours, until no append waits any more.
func (l *Ledger) readGap() {
	for {
		gap := l.gap()
		ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
		err := l.store.read(ctx, gap, l.foldForeign)
		cancel()
		if l.settleGap(gap.to, err) {
			return
		}
	}
}

func (l *Ledger) gap() stretch {
	l.mu.Lock()
	defer l.mu.Unlock()
	gap := stretch{l.partition, l.next, l.next}
	for _, a := range l.waiting {
		gap.to = max(gap.to, a.record.Offset+1)
	}
	return gap
}

func (l *Ledger) foldForeign(r *kgo.Record, line *ledger.Line) error {
	if line == nil {
		return nil
	}
	if line.Kind == ledger.KindFence {
		return ports.ErrFenced
	}
	e, err := line.Entry()
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.Token == l.token {
		l.unclaimed[r.Offset] = true
	}
	l.index.Fold(&e, r.Timestamp, e.Claim.Since)
	return nil
}

// settleGap answers the appends below to. It must not answer later ones: a fence may
// stand before those. It reports whether all appends are answered.
func (l *Ledger) settleGap(to int64, err error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		if !errors.Is(err, ports.ErrFenced) {
			err = fmt.Errorf("read a gap in %s/%d: %w", l.store.Topic, l.partition, err)
		}
		l.fail(err)
		for _, a := range l.waiting {
			a.answer(appendResult{written: true, err: l.failure})
		}
		l.waiting = nil
		return true
	}
	var still []*appended
	for _, a := range l.waiting {
		if a.record.Offset >= to {
			still = append(still, a)
			continue
		}
		l.fold(a) // folding twice changes nothing, and restores Since
		delete(l.unclaimed, a.record.Offset)
		a.answer(appendResult{written: true})
	}
	l.waiting, l.next = still, to
	return len(l.waiting) == 0
}
