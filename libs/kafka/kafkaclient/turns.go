package kafkaclient

import (
	"context"
	"sync"
)

// Turns bounds how many answers several Scanners hold in memory: requested answers, and
// answers whose records are not processed yet. Together with the size of a request it
// bounds their bytes. One broker gets at most half of the turns, so that a broker that
// does not answer cannot block the reads from the others. Safe for concurrent use.
type Turns struct {
	taken chan struct{}
	slabs sync.Pool

	mu sync.Mutex
	// brokers holds the taken turns of each broker.
	brokers map[int32]chan struct{}
}

// NewTurns returns turns for n answers at a time, at least 2.
func NewTurns(n int) *Turns {
	return &Turns{taken: make(chan struct{}, n), brokers: map[int32]chan struct{}{}}
}

// turn is the right to hold one answer; nil without Turns.
type turn struct {
	once        sync.Once
	all, broker chan struct{}
}

// take waits for a turn to ask a broker.
func (t *Turns) take(ctx context.Context, broker int32) (*turn, error) {
	if t == nil {
		return nil, nil //nolint:nilnil // nothing is counted
	}
	own := t.of(broker)
	if err := enter(ctx, own); err != nil {
		return nil, err
	}
	if err := enter(ctx, t.taken); err != nil {
		<-own
		return nil, err
	}
	return &turn{all: t.taken, broker: own}, nil
}

func (t *Turns) of(broker int32) chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	own := t.brokers[broker]
	if own == nil {
		own = make(chan struct{}, cap(t.taken)/2)
		t.brokers[broker] = own
	}
	return own
}

func enter(ctx context.Context, taken chan<- struct{}) error {
	select {
	case taken <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// give gives a turn back; calling it again does nothing.
func (t *turn) give() {
	if t != nil {
		t.once.Do(func() { <-t.all; <-t.broker })
	}
}
