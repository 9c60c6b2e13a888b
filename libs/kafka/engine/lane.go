package engine

import (
	"context"
	"sync"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
)

// lane is partition p of the source topic, of the replay topic and of the
// ledger: owned together, with one queue per appointment for both topics.
//
// It works only while both halves are assigned. The state of an assignment lives in its
// half object, so that a completion that comes after a revoke and a new assignment
// finds its old half and changes nothing.
type lane struct {
	partition int32
	// source is the topic that is read ahead of the queues.
	source string
	ready  *readyList
	intake *intake
	reader reader

	mu     sync.Mutex
	halves map[string]*half
	queues map[string]*queue
	// epoch is set while the lane has a ledger and may start records.
	epoch *epoch
	// loading is the progress of reading the ledger; nil before its bounds are known.
	loading *LoadStatus
	// held are queues that wait until the ledger acknowledges again.
	held []*queue
	// last is the newest epoch, ended or not: stop waits for its sends.
	last *epoch
	// cancel ends the goroutine that serves the lane; nil while the lane is not served.
	cancel context.CancelCauseFunc
	// keys returns the number of keys in the ledger, for LaneStatus.
	keys func() int
	// arrivals counts the records that came, over both halves.
	arrivals uint64
	// links are unused ones.
	links []*link
	// moved wakes the first look when records came; looking is set until it is
	// done.
	moved   chan struct{}
	looking bool
}

func newLane(partition int32, source string, ready *readyList, shared *intake, r reader) *lane {
	return &lane{
		partition: partition, source: source, moved: make(chan struct{}, 1), ready: ready, intake: shared, reader: r, halves: map[string]*half{}, queues: map[string]*queue{},
		keys: func() int { return 0 },
	}
}

// enqueue adds a record that was read; it is called between a poll and
// AllowRebalance only.
func (l *lane) enqueue(h *half, t delivery.Task) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.arrivals++
	it := &item{task: t, half: h, seq: h.tracker.register(t.Record.Offset), arrival: l.arrivals}
	h.queued++
	h.bytes += it.size()
	h.moved = time.Now()
	it.task.Arrived = h.moved
	key := t.QueueKey()
	q := l.queues[key]
	if q == nil {
		q = &queue{lane: l, key: key}
		q.items = q.first[:0]
		l.queues[key] = q
	}
	q.items = append(q.items, it)
	l.compare(q)
	l.list(q)
}

// pass marks a record we skip (a transaction marker) as finished.
func (l *lane) pass(h *half, offset int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h.tracker.pass(offset)
}

// list puts q on the ready list when its head may start. The caller holds mu.
func (l *lane) list(q *queue) {
	if l.epoch != nil && !q.running && !q.listed && len(q.items) > 0 {
		q.listed = true
		l.ready.push(q)
	}
}

// take starts the head of q. ok is false if there is nothing left to start.
func (l *lane) take(q *queue) (it *item, e *epoch, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	q.listed = false
	if l.epoch == nil || q.running || len(q.items) == 0 || l.hold(q) {
		return nil, nil, false
	}
	q.running = true
	l.epoch.running++
	l.connect(q, q.items[0])
	return q.items[0], l.epoch, true
}

// finish ends a record that take started. done reports whether it has a durable
// outcome; otherwise it stays at the head of its queue for the next epoch.
func (l *lane) finish(q *queue, it *item, e *epoch, done bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	q.running = false
	e.running--
	l.disconnect(it)
	if e.ended && e.running == 0 {
		close(e.drained)
	}
	if done && len(q.items) > 0 && q.items[0] == it {
		l.forget(it) // first: a record that this panics on stays queued
		q.items[0] = nil
		q.items = q.items[1:]
	}
	if len(q.items) == 0 {
		if l.queues[q.key] == q {
			delete(l.queues, q.key)
		}
		return
	}
	l.list(q)
}

// forget counts a record as finished. The caller holds mu.
func (l *lane) forget(it *item) {
	h := it.half
	h.tracker.done(it.seq)
	h.queued--
	h.bytes -= it.size()
	h.moved = time.Now()
	l.regulate(h)
}
