package ledgerlog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// appended is an append that is not yet known to be valid.
type appended struct {
	ledger *Ledger
	entry  ledger.Entry
	record kgo.Record
	result chan appendResult
	// then, if set, is called instead of sending on result, see Ledger.SettleThen.
	then func(error)
	end  appendResult
}

// Acknowledged implements durable.Promise.
func (a *appended) Acknowledged(_ *kgo.Record, err error) { a.ledger.acknowledged(a, err) }

// appendResult is what became of an append. The record may be written although
// the ledger has failed.
type appendResult struct {
	written bool
	err     error
}

// answer passes the result to the append's caller. It does not block.
func (a *appended) answer(r appendResult) {
	if a.then == nil {
		a.result <- r
		return
	}
	a.end = r
	a.ledger.store.Producer.Follow(a)
}

// Take implements durable.Step: it passes the result of a settlement to its caller, or
// keeps writing the settlement.
func (a *appended) Take() {
	if settled, err := a.ledger.settled(&a.entry, a.end); settled {
		a.then(err)
		return
	}
	go func() { a.then(errors.Join(a.end.err, a.ledger.insist(a.entry))) }()
}

// append writes e and waits until it is acknowledged and known to be valid.
func (l *Ledger) append(e ledger.Entry) appendResult {
	a := &appended{ledger: l, entry: e, result: make(chan appendResult, 1)}
	l.begin(a)
	return <-a.result
}

// begin writes an entry.
func (l *Ledger) begin(a *appended) {
	if err := l.Err(); err != nil {
		a.answer(appendResult{err: err})
		return
	}
	l.stamp(&a.entry)
	l.fill(&a.record, &a.entry)
	l.store.Producer.Produce(&a.record, a)
}

// insist writes e until it is in the log or the producer is closed. A failed append may
// still have been applied, but a second copy of the same fact does no harm.
func (l *Ledger) insist(e ledger.Entry) error {
	s := l.store
	observer := s.Observer
	if observer == nil {
		observer = ports.NoObserver{}
	}
	l.stamp(&e)
	return s.Producer.PersistRecord(context.Background(), l.record(&e), observer, s.Channel)
}

// acknowledged folds an append, in the order of offsets.
//
// As long as we are the only writer, our appends get contiguous offsets. A gap shows
// that another process wrote, perhaps a fence:
//
//	we: claim K (offset 7, acknowledged)        … stopped by SIGSTOP …
//	new owner: fence (8), reads our claim, asks the provider, sends K itself
//	we: … go on, claim J (offset 9)   → 8 is missing: read it before J counts
//
// It runs on the producer's goroutine and must not block, so a gap is read on
// another one; appends behind it wait.
func (l *Ledger) acknowledged(a *appended, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.fail(fmt.Errorf("append to %s/%d: %w", l.store.Topic, l.partition, err))
	}
	switch {
	case l.failure != nil:
		a.answer(appendResult{written: err == nil, err: l.failure})
	case a.record.Offset < l.next:
		l.acknowledgedLate(a)
	case len(l.waiting) > 0:
		l.waiting = append(l.waiting, a)
	case a.record.Offset > l.next:
		l.waiting = append(l.waiting, a)
		go l.readGap()
	default:
		l.fold(a)
		a.answer(appendResult{written: true})
	}
}

// acknowledgedLate handles an append at an offset below next. Either the reading of a
// gap has already found it, because a record that had to be written again was
// acknowledged first. Or the log has been truncated below an offset that it had
// reached, and the index no longer matches the log. The caller holds mu.
func (l *Ledger) acknowledgedLate(a *appended) {
	if !l.unclaimed[a.record.Offset] {
		l.fail(&kafkaclient.TruncatedError{Topic: l.store.Topic, Partition: l.partition, To: l.next, End: a.record.Offset})
		a.answer(appendResult{written: true, err: l.failure})
		return
	}
	delete(l.unclaimed, a.record.Offset)
	l.index.Fold(&a.entry, time.Now(), a.entry.Claim.Since) // restores Since
	a.answer(appendResult{written: true})
}

func (l *Ledger) fold(a *appended) {
	l.index.Fold(&a.entry, time.Now(), a.entry.Claim.Since)
	l.next = a.record.Offset + 1
}

// fail ends the ledger's use. The caller holds mu.
func (l *Ledger) fail(err error) {
	if l.failure == nil {
		l.failure = err
		close(l.broken)
	}
}
