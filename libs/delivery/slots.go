package delivery

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Slots bounds how much of a process runs at once. A send slot is held for the
// provider's call only, in the order of arrival. A start slot is held by every
// record that is being worked on and does not wait; there are twice as many, so
// that the claim of the next record is acknowledged by the time a send slot gets
// free.
type Slots struct {
	starts chan struct{}
	sends  *sendQueue
	// wanted counts the records under way that wait for a start slot again.
	wanted atomic.Int64
	// timers holds stopped timers: each message that waits for a send slot takes one.
	timers sync.Pool
	// slots holds recycled values of Slot.
	slots sync.Pool
	loans loans
}

// NewSlots returns slots for n concurrent sends.
func NewSlots(n int) *Slots {
	return &Slots{starts: make(chan struct{}, 2*n), sends: newSendQueue(n)}
}

// timer returns a timer that fires after d. It goes back with stop.
func (s *Slots) timer(d time.Duration) *time.Timer {
	if t, ok := s.timers.Get().(*time.Timer); ok {
		t.Reset(d)
		return t
	}
	return time.NewTimer(d)
}

func (s *Slots) stop(t *time.Timer) {
	t.Stop() // after Stop no stale tick is received (Go 1.23)
	s.timers.Put(t)
}

// Start waits for a start slot. It fails only when ctx is over.
func (s *Slots) Start(ctx context.Context) (*Slot, error) {
	slot, ok := s.slots.Get().(*Slot)
	if !ok {
		slot = &Slot{slots: s}
	}
	return slot, slot.take(patience{ctx: ctx})
}

// Held reports whether the slot is held.
func (s *Slot) Held() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held
}

// Recycle takes a released slot whose owner does not use it again. It need not be
// called.
func (s *Slots) Recycle(slot *Slot) { s.slots.Put(slot) }

// Sending returns how many sends are under way.
func (s *Slots) Sending() int { return s.sends.busy() }

// Slot is one start slot. It belongs to one goroutine.
type Slot struct {
	slots *Slots
	mu    sync.Mutex
	// held is set while the slot is held, lent while its owner waits in lend; loans
	// numbers these waits.
	held, lent bool
	loans      uint64
}

// ClaimPatience is how long a claim's acknowledgement may hold a start slot, and the
// age of an unacknowledged claim at which its lane starts no other record. Kafka
// answers within milliseconds; a partition that takes longer has stalled.
const ClaimPatience = 250 * time.Millisecond

// Release gives the slot back. It does nothing if the slot is not held, or s is nil.
func (s *Slot) Release() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.release()
}

func (s *Slot) release() {
	if s.held {
		<-s.slots.starts
		s.held = false
	}
}

// resume takes the slot again after a wait. It must not be called while holding a send
// slot: the holders of the start slots may be waiting for that send slot.
func (s *Slot) resume(p patience) error {
	if s.Held() {
		return nil
	}
	s.slots.wanted.Add(1)
	defer s.slots.wanted.Add(-1)
	return s.take(p)
}

func (s *Slot) take(p patience) error {
	if err := p.acquire(s.slots.starts); err != nil {
		return err
	}
	s.mu.Lock()
	s.held = true
	s.mu.Unlock()
	return nil
}

// Wanted reports whether a record that gave its start slot back waits for one again.
func (s *Slots) Wanted() bool { return s.wanted.Load() > 0 }

// Idle reports whether a start slot is free.
func (s *Slots) Idle() bool { return len(s.starts) < cap(s.starts) }
