package engine

import (
	"context"
	"sync"
	"time"
)

// readyList holds the queues whose head may start, first come first served over
// all lanes: an appointment with many records takes its turn like the others.
type readyList struct {
	mu     sync.Mutex
	queues []*queue
	signal chan struct{}
	// moved is when a queue was last taken, for the watchdog.
	moved time.Time
}

func newReadyList() *readyList {
	return &readyList{signal: make(chan struct{}, 1), moved: time.Now()}
}

func (r *readyList) push(q *queue) {
	r.mu.Lock()
	r.queues = append(r.queues, q)
	r.mu.Unlock()
	select {
	case r.signal <- struct{}{}:
	default:
	}
}

// await waits until there is a queue; false when ctx is over.
func (r *readyList) await(ctx context.Context) bool {
	for ctx.Err() == nil {
		if !r.empty() {
			return true
		}
		select {
		case <-r.signal:
		case <-ctx.Done():
		}
	}
	return false
}

func (r *readyList) empty() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.queues) > 0 {
		return false
	}
	r.moved = time.Now()
	return true
}

// pop returns the queue whose turn it is; nil when the list is empty.
func (r *readyList) pop() *queue {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.moved = time.Now()
	if len(r.queues) == 0 {
		return nil
	}
	q := r.queues[0]
	r.queues[0] = nil
	r.queues = r.queues[1:]
	return q
}

// stuck returns how long the list has held work that was not taken.
func (r *readyList) stuck() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.queues) == 0 {
		return 0
	}
	return time.Since(r.moved)
}
