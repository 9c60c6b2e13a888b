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

// place is one place in the queue.
type place struct {
	ready, given, left bool
	// granted is closed when the slot is there; nil until somebody waits for it.
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

// ready says that p can use a slot. It returns nil when the slot is there at once, and
// otherwise what is closed when it is.
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

// wake wakes those who wait for what they were granted. It is called without q.mu:
// who wakes another under a lock makes all others wait for that too. What was given is
// told once, so that nobody else looks at granted any more.
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
