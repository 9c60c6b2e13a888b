package delivery

import "sync"

// sendQueue hands out send slots in the order of arrival, to those who are
// ready. Who is not keeps their place: a claim that gets old while it waits is
// made again without falling behind younger ones, and without holding a slot.
type sendQueue struct {
	mu   sync.Mutex
	free int
	size int
	line []*place
}

// place is one place in the queue. granted is closed when the slot is there.
type place struct {
	ready, given, left bool
	granted            chan struct{}
}

func newSendQueue(n int) *sendQueue { return &sendQueue{free: n, size: n} }

// join takes the last place, which is not ready yet.
func (q *sendQueue) join() *place {
	q.mu.Lock()
	defer q.mu.Unlock()
	p := &place{granted: make(chan struct{})}
	q.line = append(q.line, p)
	return p
}

// ready says that p can use a slot.
func (q *sendQueue) ready(p *place) {
	q.mu.Lock()
	defer q.mu.Unlock()
	p.ready = true
	q.serve()
}

// retire says that p cannot use a slot now. It reports false when the slot was
// granted already.
func (q *sendQueue) retire(p *place) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	p.ready = false
	return !p.given
}

// leave gives up p, and its slot where it has one; more than once does no harm.
func (q *sendQueue) leave(p *place) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case p.left:
	case p.given:
		q.free++
	default:
		q.remove(p)
	}
	p.left = true
	q.serve()
}

func (q *sendQueue) busy() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.size - q.free
}

// serve grants free slots; q.mu is held.
func (q *sendQueue) serve() {
	for i := 0; q.free > 0 && i < len(q.line); {
		p := q.line[i]
		if !p.ready {
			i++
			continue
		}
		q.free--
		p.given = true
		close(p.granted)
		q.line = append(q.line[:i], q.line[i+1:]...)
	}
}

func (q *sendQueue) remove(p *place) {
	for i, other := range q.line {
		if other == p {
			q.line = append(q.line[:i], q.line[i+1:]...)
			return
		}
	}
}
