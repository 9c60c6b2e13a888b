package delivery

import "sync"

// sendQueue grants send slots in the order of arrival to the places that are ready. A
// place that is not ready keeps its position: a record whose claim gets old while it
// waits can claim again without falling behind younger records and without holding a
// slot.
type sendQueue struct {
	mu   sync.Mutex
	free int
	size int
	line []*place
}

// place is one place in the queue.
type place struct {
	ready, given, left bool
	// granted is closed when the slot is granted; nil until the place's owner waits for
	// it.
	granted chan struct{}
	// next is another place that was served in the same turn.
	next *place
}

func newSendQueue(n int) *sendQueue { return &sendQueue{free: n, size: n} }

// join takes the last place, which is not ready yet.
func (q *sendQueue) join() *place {
	q.mu.Lock()
	defer q.mu.Unlock()
	p := new(place)
	q.line = append(q.line, p)
	return p
}

// ready marks p as able to use a slot. It returns nil if p has a slot already,
// otherwise a channel that is closed when p is granted one.
func (q *sendQueue) ready(p *place) (granted <-chan struct{}) {
	q.mu.Lock()
	p.ready = true
	served := q.serve()
	if !p.given && p.granted == nil {
		p.granted = make(chan struct{})
	}
	if !p.given {
		granted = p.granted
	}
	q.mu.Unlock()
	wake(served)
	return granted
}

// retire marks p as unable to use a slot for now. It returns false if a slot was
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
	switch {
	case p.left:
	case p.given:
		q.free++
	default:
		q.remove(p)
	}
	p.left = true
	served := q.serve()
	q.mu.Unlock()
	wake(served)
}

func (q *sendQueue) busy() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.size - q.free
}

// serve grants free slots; q.mu is held. What it returns is for wake.
func (q *sendQueue) serve() (served *place) {
	for i := 0; q.free > 0 && i < len(q.line); {
		p := q.line[i]
		if !p.ready {
			i++
			continue
		}
		q.free--
		p.given = true
		p.next, served = served, p
		q.line = append(q.line[:i], q.line[i+1:]...)
	}
	return served
}

// wake wakes the waiters of the places that were granted slots. It is called without
// q.mu, because waking a goroutine takes time in which all callers of the queue would
// wait. Once a place is given its slot, no other goroutine reads granted.
func wake(served *place) {
	for p := served; p != nil; p = p.next {
		if p.granted != nil {
			close(p.granted)
		}
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
