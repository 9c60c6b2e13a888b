// Package ledgerlog keeps the delivery ledger of a channel on a Kafka topic: one
// partition per lane, fenced by each new owner (docs/PROTOCOL.md, R1), read up to that
// fence, and appended to with the producer of package durable.
package ledgerlog

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/durable"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

var _ ports.LedgerThen = (*Ledger)(nil)

// Ledger is the delivery ledger of one lane on one partition of a ledger topic. It is
// the memory of one owner between two fences: after ErrFenced, or any failed append,
// its content can no longer be trusted and the ledger has to be opened again.
type Ledger struct {
	store     *Store
	partition int32
	token     string
	fencedAt  time.Time
	broken    chan struct{}

	mu    sync.Mutex
	index *ledger.Index
	// unclaimed holds the offsets of our own appends that the reading of a gap has
	// found before they were acknowledged.
	unclaimed map[int64]bool
	// next is the offset that our next append gets if no other process writes.
	next int64
	// waiting are appends acknowledged behind a gap that is being read.
	waiting []*appended
	failure error
	memory  memory
}

// Store keeps the ledgers of one channel on a Kafka topic.
type Store struct {
	Topic    string
	Channel  domain.Channel
	Producer *durable.Producer
	// Reader are the options of the direct client that reads ledgers: a group
	// client refuses to read partitions that it was not assigned.
	Reader []kgo.Opt
	// Observer is alerted when a late outcome cannot be written.
	Observer ports.Observer

	direct direct
	once   sync.Once
	shared *kafkaclient.Turns
}

// WrongChannelError is returned for a ledger that another channel writes.
type WrongChannelError struct {
	Topic string
	Found domain.Channel
}

// Error says which setting is wrong.
func (e *WrongChannelError) Error() string {
	return fmt.Sprintf("ledger topic %s belongs to the channel %q: give each channel its own with KAFKA_TOPIC_LEDGER", e.Topic, e.Found)
}

// Unusable says that opening the ledger again does not help (engine.Unusable).
func (e *WrongChannelError) Unusable() {}

// Open takes the ledger of a partition over (engine.LedgerOpener): it appends a fence
// with a fresh token, which voids whatever an earlier owner still has on the wire, and
// reads the log up to that record. Reading to "the end" instead would hang on an empty
// partition and would not show where our own records begin.
func (s *Store) Open(ctx context.Context, partition int32, progress func(read, of int64)) (*Ledger, error) {
	l := &Ledger{
		store: s, partition: partition, token: rand.Text(),
		broken: make(chan struct{}), unclaimed: map[int64]bool{}, memory: memory{compared: time.Now()},
	}
	_, done, err := s.direct.borrow(s.Reader) // kept until the lane is open, for its several reads
	if err != nil {
		return nil, err
	}
	defer done()
	if err := s.checkOwner(ctx, partition, progress); err != nil {
		return nil, err
	}
	fence := ledger.Entry{Kind: ledger.KindFence, Token: l.token, Channel: s.Channel}
	r := l.record(&fence)
	if err := s.Producer.ProduceSync(ctx, r); err != nil {
		return nil, fmt.Errorf("append a fence to %s/%d: %w", s.Topic, partition, err)
	}
	l.fencedAt, l.next = time.Now(), r.Offset+1
	if err := l.load(ctx, r.Offset, progress); err != nil {
		return nil, fmt.Errorf("read %s/%d up to its fence at offset %d: %w", s.Topic, partition, r.Offset, err)
	}
	return l, nil
}

// checkOwner refuses a ledger of another channel before anything is written to it: a
// fence would stop the channel that owns the ledger. The oldest fence names the owner;
// a later fence of another channel is a mistake that was refused.
//
// The oldest fence may be far away: an owner that outlives the retention leaves a log
// without a fence before its successor's. So the search has no time limit of its own;
// it ends when reading makes no progress.
func (s *Store) checkOwner(ctx context.Context, partition int32, progress func(read, of int64)) error {
	all, err := s.bounds(ctx, partition)
	if err != nil {
		return fmt.Errorf("read the bounds of %s/%d: %w", s.Topic, partition, err)
	}
	err = s.read(ctx, all, func(r *kgo.Record, e *ledger.Line) error {
		if read := r.Offset - all.from; read%progressEvery == 0 {
			progress(read, all.to-all.from)
		}
		if e == nil || e.Kind != ledger.KindFence {
			return nil
		}
		if e.Channel != s.Channel {
			return &WrongChannelError{Topic: s.Topic, Found: e.Channel}
		}
		return errOwn
	})
	if errors.Is(err, errOwn) {
		return nil
	}
	return err
}

// errOwn ends the search for the oldest fence.
var errOwn = errors.New("the ledger is ours")

// Broken implements engine.OwnedLedger.
func (l *Ledger) Broken() <-chan struct{} { return l.broken }

// Late implements engine.OwnedLedger.
func (l *Ledger) Late() <-chan struct{} {
	return l.store.Producer.Late(l.store.Topic, l.partition)
}

// Keys implements engine.OwnedLedger.
func (l *Ledger) Keys() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.index.Len()
}

// LookUp implements ports.Ledger.
func (l *Ledger) LookUp(key domain.Key, appointmentID string) ports.Knowledge {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.memory.due(time.Now()) {
		go l.followLog()
	}
	k := l.index.LookUp(key, appointmentID)
	k.Reach, k.Seen = l.memory.reach, l.memory.seen
	return k
}

// LastTold implements ports.Ledger.
func (l *Ledger) LastTold(appointmentID string, recipient domain.RecipientTag) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.index.LastTold(appointmentID, recipient)
}

// Claim implements ports.Ledger.
func (l *Ledger) Claim(c ports.Claim) error {
	return l.append(ledger.Entry{Kind: ledger.KindClaimed, Token: l.token, Claim: c}).err
}

// Settle implements ports.Ledger. A late `sent` is written even if the ledger has a new
// owner by now, or has failed: it is a fact that the next owner needs. Checking for a
// failure before the append is not enough:
//
//	we: send K, the provider accepts; the ledger has not failed, so append `sent` of K
//	another record's append fails, or a foreign fence is found: the ledger fails
//	we: the append looks at the failure again and writes nothing   → K looks like a doubt
//
// So the append itself says whether its record is in the log.
func (l *Ledger) Settle(c ports.Claim, s ports.Settlement) error {
	e := l.settlement(c, s)
	end := l.append(e)
	if settled, err := l.settled(&e, end); settled {
		return err
	}
	return errors.Join(end.err, l.insist(e))
}

// SettleThen implements ports.LedgerThen.
func (l *Ledger) SettleThen(c ports.Claim, s ports.Settlement, then func(error)) {
	l.begin(&appended{ledger: l, entry: l.settlement(c, s), then: then})
}

func (l *Ledger) settlement(c ports.Claim, s ports.Settlement) ledger.Entry {
	return ledger.Entry{Kind: ledger.KindOf(s.State), Token: l.token, Claim: c, Code: s.Code}
}

// settled reports whether a settlement is done after its append; otherwise it has to be
// written again, see insist.
func (l *Ledger) settled(e *ledger.Entry, end appendResult) (settled bool, err error) {
	if e.Kind == ledger.KindSent && !end.written {
		return false, nil
	}
	return true, end.err
}

// Note implements ports.Ledger.
func (l *Ledger) Note(c ports.Claim, code string) error {
	return l.append(ledger.Entry{Kind: ledger.KindNoted, Token: l.token, Claim: c, Code: code}).err
}

// Err implements engine.OwnedLedger.
func (l *Ledger) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failure
}

// stamp sets the beginning of the doubt on an entry before it is written.
func (l *Ledger) stamp(e *ledger.Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.index.Stamp(e)
}

func (l *Ledger) record(e *ledger.Entry) *kgo.Record {
	r := new(kgo.Record)
	l.fill(r, e)
	return r
}

// fill makes r the record of e.
func (l *Ledger) fill(r *kgo.Record, e *ledger.Entry) {
	r.Topic, r.Partition, r.Value = l.store.Topic, l.partition, e.Marshal()
	if e.Kind != ledger.KindFence {
		r.Key = []byte(e.Claim.AppointmentID)
	}
}
