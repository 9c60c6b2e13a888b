package delivery

import "context"

// Slots bounds how much of a process runs at once. A send slot is held for the
// provider's call only. A start slot is held by every record that is being
// worked on and does not wait; there are twice as many, so that the claim of
// the next record is acknowledged by the time a send slot gets free.
type Slots struct {
	starts chan struct{}
	sends  chan struct{}
}

// NewSlots returns slots for n concurrent sends.
func NewSlots(n int) *Slots {
	return &Slots{starts: make(chan struct{}, 2*n), sends: make(chan struct{}, n)}
}

// Start waits for a start slot. It fails only when ctx is over.
func (s *Slots) Start(ctx context.Context) (*Slot, error) {
	slot := &Slot{slots: s}
	return slot, slot.resume(ctx)
}

// Sending returns how many sends are under way.
func (s *Slots) Sending() int { return len(s.sends) }

// Slot is one start slot. It belongs to one goroutine.
type Slot struct {
	slots *Slots
	held  bool
}

// Release gives the slot back; more than once does no harm.
func (s *Slot) Release() {
	if s.held {
		<-s.slots.starts
		s.held = false
	}
}

// resume takes the slot again after a wait.
func (s *Slot) resume(ctx context.Context) error {
	if s.held {
		return nil
	}
	if err := acquire(ctx, s.slots.starts); err != nil {
		return err
	}
	s.held = true
	return nil
}

func (s *Slot) beginSend(ctx context.Context) error { return acquire(ctx, s.slots.sends) }

func (s *Slot) endSend() { <-s.slots.sends }

func acquire(ctx context.Context, slots chan struct{}) error {
	select {
	case slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Idle tells whether a start slot is free.
func (s *Slots) Idle() bool { return len(s.starts) < cap(s.starts) }
