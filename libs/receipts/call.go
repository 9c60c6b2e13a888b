package receipts

import (
	"context"
	"errors"
	"runtime/debug"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// calls keeps the calls to the provider within their budget: few at once, and only
// while the senders leave room.
type calls struct {
	w    *Watcher
	busy chan struct{}
}

func newCalls(w *Watcher) *calls { return &calls{w: w, busy: make(chan struct{}, ConcurrentCalls)} }

// roomWait is how long a call waits before it asks for room again.
const roomWait = 100 * time.Millisecond

// do waits for room and makes one call.
func (c *calls) do(ctx context.Context, call func(context.Context, *hold) error) (err error) {
	select {
	case c.busy <- struct{}{}:
		defer func() { <-c.busy }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	h := &hold{room: c.w.deps.Room}
	if !h.take(ctx) {
		return context.Cause(ctx)
	}
	defer h.release()
	begin := time.Now()
	defer func() {
		if v := recover(); v != nil {
			c.w.deps.Observer.Panicked(c.w.cfg.Channel, v, debug.Stack())
			err = &domain.Failure{Class: domain.ClassTransient, Code: "internal.panic", Detail: "the source of receipts panics; see the log"}
		}
		c.report(err, time.Since(begin))
	}()
	return call(ctx, h)
}

func (c *calls) report(err error, took time.Duration) {
	var failure *domain.Failure
	if err != nil && !errors.Is(err, ports.ErrSpanExpired) {
		failure = domain.AsFailure(err)
	}
	c.w.deps.Observer.Called(c.w.cfg.Channel, ports.CallReceipts, failure, took)
}

// hold is the room that a call has taken. It belongs to one goroutine.
type hold struct {
	room Room
	give func()
	// since is when the room was taken.
	since time.Time
}

// take waits for room. It returns false if ctx is over first.
func (h *hold) take(ctx context.Context) bool {
	h.since = time.Now()
	for h.room != nil {
		var ok bool
		if h.give, ok = h.room.Borrow(); ok {
			break
		}
		select {
		case <-time.After(roomWait):
		case <-ctx.Done():
			return false
		}
	}
	h.since = time.Now()
	return ctx.Err() == nil
}

func (h *hold) release() {
	if h.give != nil {
		h.give()
		h.give = nil
	}
}

// holdTime is how long a call that reads many pages keeps its room before it lets
// senders go first again.
const holdTime = time.Second

// renew lets waiting senders go first, between two rows of a long read.
func (h *hold) renew(ctx context.Context) {
	if h.room != nil && time.Since(h.since) > holdTime {
		h.release()
		h.take(ctx)
	}
}
