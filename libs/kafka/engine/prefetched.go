package engine

import (
	"context"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// maxPrefetched bounds the bytes that one process holds of records beyond its queues,
// give or take one poll. Above it a full partition pauses at once: the client then
// drops the records that it still holds of it, and fetches and decodes them again
// later.
const maxPrefetched = 8 << 20

// recordSize is the memory that a record takes in addition to its key and value.
const recordSize = 200

// prefetched holds polled records of a half for which the lane's queues have no room
// yet. They are not registered: watermark, look-ahead and expiry treat them as not
// read. They are dropped when the half is given up. The lane's lock guards them.
type prefetched struct {
	batches        []batch
	records, bytes int
}

// batch holds the records of one half from one poll.
type batch struct {
	kgo.FetchTopicPartition
	bytes int
}

func newBatch(p kgo.FetchTopicPartition) batch {
	b := batch{FetchTopicPartition: p, bytes: len(p.Records) * recordSize}
	for _, r := range p.Records {
		b.bytes += len(r.Key) + len(r.Value)
	}
	return b
}

func (p *prefetched) push(b batch) {
	p.batches = append(p.batches, b)
	p.records += len(b.Records)
	p.bytes += b.bytes
}

func (p *prefetched) pop() batch {
	b := p.batches[0]
	p.batches[0] = batch{}
	p.batches = p.batches[1:]
	p.records -= len(b.Records)
	p.bytes -= b.bytes
	return b
}

// keep adds the polled records of one partition to its half, if the half is assigned.
func (l *lane) keep(p kgo.FetchTopicPartition) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.halves[p.Topic]
	if h == nil {
		return
	}
	if h.fault != nil && !h.fault.lasting {
		h.fault = nil // it can be read
	}
	b := newBatch(p)
	h.prefetched.push(b)
	l.intake.prefetched.Add(int64(b.bytes))
	l.summon(h)
}

// shut pauses the halves that hold more than their queues take. It is called before the
// polled records are decoded: the client begins its next fetch as soon as it holds
// nothing more, and would drop the fetched records of a half that pauses later.
func (l *lane) shut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, h := range l.halves {
		if h.full || h.queued+h.prefetched.records > l.intake.share(maxQueued) {
			l.regulate(h)
		}
	}
}

// next returns the next batch of h while h is not full. The caller registers the whole
// batch, even if it exceeds h's share.
func (l *lane) next(h *half) (b batch, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h.due, h.full = false, l.full(h)
	if l.halves[h.topic] != h || h.full || len(h.prefetched.batches) == 0 {
		l.regulate(h)
		l.progress()
		return batch{}, false
	}
	b = h.prefetched.pop()
	l.intake.prefetched.Add(-int64(b.bytes))
	return b, true
}

// summon asks the poll loop to register the records that h has room for. The caller
// holds mu.
func (l *lane) summon(h *half) {
	if !h.due && !h.full && len(h.prefetched.batches) > 0 {
		h.due = true
		l.intake.due.add(dueHalf{l, h})
	}
}

// dueHalves are the halves whose prefetched records the poll loop is to register. Only
// the poll loop registers records, because no rebalance can happen while it does. Safe
// for concurrent use.
type dueHalves struct {
	mu     sync.Mutex
	halves []dueHalf
	// recall ends the poll under way; nil before the first.
	recall context.CancelFunc
}

type dueHalf struct {
	lane *lane
	half *half
}

func (d *dueHalves) add(h dueHalf) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.halves = append(d.halves, h)
	if d.recall != nil {
		d.recall()
	}
}

// polling stores the function that ends the poll about to begin, and calls it at once
// if a half is due already.
func (d *dueHalves) polling(recall context.CancelFunc) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.recall = recall
	if len(d.halves) > 0 {
		recall()
	}
}

// take returns the halves that are due, each once.
func (d *dueHalves) take() []dueHalf {
	d.mu.Lock()
	defer d.mu.Unlock()
	due := d.halves
	d.halves = nil
	return due
}
