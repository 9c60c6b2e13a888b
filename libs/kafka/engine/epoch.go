package engine

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
)

// epoch is the time between two fences of a lane.
type epoch struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	ledger OwnedLedger
	// tenure begins with the first record.
	tenure  *delivery.Tenure
	tenancy sync.Once
	// running counts records under way; drained is closed when the epoch has ended and
	// running is zero.
	running int
	ended   bool
	drained chan struct{}
}

// begin starts an epoch and lists what is queued, the oldest first: the
// watermark moves only as fast as the oldest record. It returns nil when the
// lane was stopped.
func (l *lane) begin(ctx context.Context, ledger OwnedLedger) *epoch {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ctx.Err() != nil {
		return nil
	}
	e := &epoch{ledger: ledger, drained: make(chan struct{})}
	e.ctx, e.cancel = context.WithCancelCause(ctx)
	l.epoch, l.last, l.keys, l.loading = e, e, ledger.Keys, nil
	waiting := slices.Collect(maps.Values(l.queues))
	waiting = slices.DeleteFunc(waiting, func(q *queue) bool { return len(q.items) == 0 })
	slices.SortFunc(waiting, func(a, b *queue) int { return cmp.Compare(a.items[0].arrival, b.items[0].arrival) })
	for _, q := range waiting {
		l.list(q)
	}
	return e
}

// end stops the epoch: nothing new starts, waits end, sends under way go on to their
// outcome. The returned channel is closed when no send is under way any more.
func (l *lane) end(e *epoch, cause error) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.epoch == e {
		l.epoch = nil
	}
	if !e.ended {
		e.ended = true
		e.cancel(cause)
		if e.running == 0 {
			close(e.drained)
		}
	}
	return e.drained
}

// errReleased is the cause of ending an epoch by revoke, loss or shutdown.
var errReleased = errors.New("the lane was given up")

// stop ends the goroutine that serves the lane, and the lane's epoch. The returned
// channel is closed when no send is under way any more, also where the epoch had ended
// before: a fatal error or a foreign fence may have come first.
func (l *lane) stop() <-chan struct{} {
	l.mu.Lock()
	e := l.last
	if l.cancel != nil {
		l.cancel(errReleased) // under mu: begin must not come between
		l.cancel = nil
	}
	l.mu.Unlock()
	if e == nil {
		none := make(chan struct{})
		close(none)
		return none
	}
	return l.end(e, errReleased)
}
