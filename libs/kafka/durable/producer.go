// Package durable writes the records that must not be lost: ledger records, dead
// letters, outcomes, resolutions. A write is acknowledged by all in-sync replicas, is
// never cancelled, and goes on until it succeeds (docs/PROTOCOL.md, R11).
package durable

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Producer writes the records that must not be lost: ledger records, dead letters,
// outcomes and resolutions. All writes are idempotent, acknowledged by all in-sync
// replicas and never cancelled: a cancelled produce might still be applied without the
// process knowing it. Timeouts only raise an alarm. Safe for concurrent use.
type Producer struct {
	timeout time.Duration
	opts    []kgo.Opt
	pending unacked
	relay   relay

	// writing is held shared while a record is handed to the current writer, so
	// that the writer is not retired in between.
	writing sync.RWMutex
	current *writer
	// retiring are earlier writers that still wait for acknowledgements.
	retiring map[*writer]bool
	// alone writes single records that are too large as they are.
	alone  *kgo.Client
	closed bool

	mu sync.Mutex
	// tooLarge holds the records of each partition that were refused as too large and
	// wait to be written again. A partition is in it while a goroutine serves it.
	tooLarge map[topicPartition][]*message
	refused  map[string]*refusal
}

// topicPartition names one partition.
type topicPartition struct {
	topic     string
	partition int32
}

// Promise is called once with the result of a write. It must not block.
type Promise interface {
	Acknowledged(r *kgo.Record, err error)
}

// PromiseFunc is a function as a Promise.
type PromiseFunc func(r *kgo.Record, err error)

// Acknowledged implements Promise.
func (f PromiseFunc) Acknowledged(r *kgo.Record, err error) { f(r, err) }

// message is one record on its way into the log.
type message struct {
	producer *Producer
	record   *kgo.Record
	// limit is the batch limit that it was last written under.
	limit   int32
	sent    sent
	promise Promise
}

func (m *message) partition() topicPartition {
	return topicPartition{m.record.Topic, m.record.Partition}
}

// linger is how long a record waits for others to share its batch: Kafka's cost is per
// request, not per record.
const linger = 2 * time.Millisecond

// NewProducer returns a producer; it connects when it is first used. A
// partition that has acknowledged nothing for timeout is in Overdue.
func NewProducer(timeout time.Duration, opts ...kgo.Opt) (*Producer, error) {
	p := &Producer{
		timeout: timeout, opts: opts, pending: newUnacked(), retiring: map[*writer]bool{},
		tooLarge: map[topicPartition][]*message{}, refused: map[string]*refusal{},
	}
	var err error
	if p.current, err = newWriter(opts, nil); err != nil {
		return nil, err
	}
	p.alone, err = newLoneWriter(opts)
	return p, err
}

// Produce writes r. Records of one partition are acknowledged in the order of
// their offsets, unless one of them was refused as too large and had to be
// written again.
func (p *Producer) Produce(r *kgo.Record, promise Promise) {
	m := &message{producer: p, record: r, promise: promise}
	p.pending.add(m.partition(), &m.sent)
	p.write(m)
}

func (p *Producer) write(m *message) {
	p.writing.RLock()
	defer p.writing.RUnlock()
	m.limit = p.current.limit(m.record.Topic)
	p.current.Produce(context.Background(), m.record, m.acknowledged)
}

// acknowledged takes the client's answer.
func (m *message) acknowledged(_ *kgo.Record, err error) {
	if errors.Is(err, kerr.MessageTooLarge) {
		m.producer.split(m)
		return
	}
	m.producer.finish(m, err)
}

func (p *Producer) finish(m *message, err error) {
	p.pending.remove(m.partition(), &m.sent)
	m.promise.Acknowledged(m.record, err)
}

// Follow runs a step that follows an acknowledgement, on another goroutine and after
// the steps that were passed before. It may be called in a promise.
func (p *Producer) Follow(s Step) { p.relay.pass(s) }

// ProduceSync writes r and waits until it is acknowledged, the producer is closed or
// ctx is over. When ctx ends, only the wait ends; the produce goes on.
func (p *Producer) ProduceSync(ctx context.Context, r *kgo.Record) error {
	acked := make(answer, 1)
	p.Produce(r, acked)
	select {
	case err := <-acked:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// answer is a promise that ProduceSync waits for. Its buffer has room for the one
// answer.
type answer chan error

// Acknowledged implements Promise.
func (a answer) Acknowledged(_ *kgo.Record, err error) { a <- err }

// Close waits until everything is acknowledged or ctx is over, then fails the records
// that still wait with kgo.ErrClientClosed. It returns ctx's error, if any.
func (p *Producer) Close(ctx context.Context) error {
	err := p.pending.wait(ctx)
	p.writing.Lock()
	defer p.writing.Unlock()
	p.closed = true
	p.current.Close()
	for w := range p.retiring {
		w.Close()
	}
	p.alone.Close()
	return err
}
