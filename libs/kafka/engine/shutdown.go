package engine

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"
)

// LeaveTimeout is how long Run may take to end after the drain timeout, for the last
// commit and for leaving the group, even if no broker answers.
const LeaveTimeout = 5 * time.Second

// shutdown ends the consumer in the order that loses nothing: no new records, sends
// under way get their outcome, the finished prefix is committed, the group is left. The
// producer is closed by its owner afterwards. Each step has its part of one time
// budget, even if it ignores its context: while Kafka is away, the client waits in its
// own locks for longer than a stop may take.
func (c *Consumer) shutdown(loops *sync.WaitGroup) {
	drain, cancel := context.WithTimeout(context.Background(), c.cfg.DrainTimeout)
	defer cancel()
	within(drain, loops.Wait)
	lanes := c.lanes.all()
	if !drained(drain, lanes) {
		c.life.log.Warn("sends were still under way when the drain timeout ended; the next owner asks the provider about them",
			zap.Duration("drain_timeout", c.cfg.DrainTimeout), zap.Int("sending", c.deps.Slots.Sending()))
	}
	leave, cancel := context.WithTimeout(context.Background(), LeaveTimeout)
	defer cancel()
	within(leave, func() { c.commits.commit(leave, LeaveTimeout, lanes) })
	c.member.leaving.Store(true)
	if !within(leave, c.client.CloseAllowingRebalance) {
		c.life.log.Warn("the group could not be left in time; its session will time out")
	}
}

// within runs do until ctx is over, and reports whether it has ended.
func within(ctx context.Context, do func()) bool {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		do()
	}()
	select {
	case <-ended:
		return true
	case <-ctx.Done():
		return false
	}
}
