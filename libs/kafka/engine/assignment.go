package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
)

// assigned attaches partitions to their lanes. A lane whose both halves are
// there begins to be served; the fence and the reading of the ledger happen on
// its own goroutine, so that the callback does not hold up the group.
func (c *Consumer) assigned(_ context.Context, client *kgo.Client, added map[string][]int32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.joined.Store(true)
	// A pause outlives revoke and assignment by the client's design.
	client.ResumeFetchPartitions(added)
	for topic, partitions := range added {
		for _, p := range partitions {
			l := c.lanes[p]
			if l == nil {
				l = newLane(p, c.ready, &c.intake, client)
				c.lanes[p] = l
			}
			if l.attach(topic) == 2 {
				c.serve(l)
			}
		}
	}
	c.share()
}

// revoked gives partitions up in good order: nothing new starts, sends under
// way end within the drain time-out, the finished prefix is committed.
func (c *Consumer) revoked(ctx context.Context, _ *kgo.Client, gone map[string][]int32) {
	c.release(gone, func(lanes []*lane) {
		if c.leaving.Load() {
			return // shutdown has drained them and committed
		}
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.cfg.DrainTimeout)
		defer cancel()
		ended := drained(limit, lanes)
		c.commit(ctx, c.cfg.DrainTimeout, lanes)
		if !ended {
			c.Log.Warn("sends were still under way when partitions were given up; the next owner asks the provider about them")
		}
	})
}

// lost drops partitions that are somebody else's already: no wait, no commit.
func (c *Consumer) lost(_ context.Context, _ *kgo.Client, gone map[string][]int32) {
	c.release(gone, func(lanes []*lane) {
		for _, l := range lanes {
			l.stop()
		}
		if len(lanes) > 0 {
			c.Log.Warn("partitions were lost: the group went on without this member", zap.Int("lanes", len(lanes)))
		}
	})
}

func (c *Consumer) release(gone map[string][]int32, end func([]*lane)) {
	end(c.lanesOf(gone))
	c.mu.Lock()
	defer c.mu.Unlock()
	for topic, partitions := range gone {
		for _, p := range partitions {
			if l := c.lanes[p]; l != nil && l.detach(topic) == 0 {
				delete(c.lanes, p)
			}
		}
	}
	for _, l := range c.lanes {
		if l.halved() {
			c.Log.Warn("only half of a lane is assigned, it waits for the other half", zap.Int32("partition", l.partition))
		}
	}
	c.share()
}

// share divides what the process has, and what is its part of the group's rate
// limit, among the lanes. The caller holds mu.
func (c *Consumer) share() {
	c.intake.halves.Store(int64(2 * len(c.lanes)))
	c.Rate.Share(len(c.lanes), c.partitions)
}

// lane returns the lane of a partition, nil where it is not assigned.
func (c *Consumer) lane(p int32) *lane {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lanes[p]
}

func (c *Consumer) lanesOf(gone map[string][]int32) []*lane {
	c.mu.Lock()
	defer c.mu.Unlock()
	seen := map[int32]bool{}
	var lanes []*lane
	for _, partitions := range gone {
		for _, p := range partitions {
			if l := c.lanes[p]; l != nil && !seen[p] {
				seen[p] = true
				lanes = append(lanes, l)
			}
		}
	}
	return lanes
}

func (c *Consumer) allLanes() []*lane {
	c.mu.Lock()
	defer c.mu.Unlock()
	lanes := make([]*lane, 0, len(c.lanes))
	for _, l := range c.lanes {
		lanes = append(lanes, l)
	}
	return lanes
}

// drained stops lanes together and waits until their sends have ended or ctx is
// over. It reports whether they have.
func drained(ctx context.Context, lanes []*lane) bool {
	waits := make([]<-chan struct{}, 0, len(lanes))
	for _, l := range lanes {
		waits = append(waits, l.stop())
	}
	for _, w := range waits {
		select {
		case <-w:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// serve opens the lane's ledger and lets the lane work until it is stopped;
// when the ledger breaks it is opened anew. The caller holds mu.
func (c *Consumer) serve(l *lane) {
	ctx, cancel := context.WithCancelCause(c.ctx)
	l.mu.Lock()
	l.cancel = cancel
	l.mu.Unlock()
	go func() {
		defer cancel(nil)
		for ctx.Err() == nil {
			if err := c.guarded(func() error { return c.serveEpoch(ctx, l) }); err != nil && ctx.Err() == nil {
				c.reopen(ctx, l, err)
			}
		}
	}()
}

func (c *Consumer) serveEpoch(ctx context.Context, l *lane) error {
	begin := time.Now()
	ledger, err := c.Ledgers.Open(ctx, l.partition, c.loading(l))
	if err != nil {
		return err
	}
	c.Log.Info("lane open", zap.Int32("partition", l.partition), zap.Int("ledger_keys", ledger.Keys()), zap.Duration("took", time.Since(begin)))
	e := l.begin(ctx, ledger)
	if e == nil {
		return nil
	}
	select {
	case <-ledger.Broken():
	case <-e.ctx.Done():
	}
	<-l.end(e, ledger.Err())
	return errors.Join(ledger.Err(), context.Cause(e.ctx))
}

// reopenPause keeps two owners that both believe in their right from fencing
// each other in a tight loop.
const reopenPause = time.Second

// reopen waits and makes sure that the lane is still ours before it is fenced
// again: after a long stop (SIGSTOP, a frozen host) the group may have given it
// away, and only the coordinator knows. A commit is answered by membership.
func (c *Consumer) reopen(ctx context.Context, l *lane, cause error) {
	var unusable Unusable
	switch {
	case errors.As(cause, &unusable):
		c.fatal(unusable)
		return
	case errors.Is(cause, kerr.UnknownTopicID), errors.Is(cause, kerr.UnknownTopicOrPartition):
		// The client keeps the id of a topic that was deleted, so waiting would
		// be of no use even if it is created again.
		c.fatal(fmt.Errorf("the ledger topic was deleted while the worker ran: run `%s`, then start the worker: %w", topics.EnsureCommand, cause))
		return
	}
	c.Log.Warn("a lane's ledger has to be opened anew", zap.Int32("partition", l.partition), zap.Error(cause))
	for ctx.Err() == nil {
		select {
		case <-time.After(reopenPause):
		case <-ctx.Done():
			return
		}
		if c.confirm(ctx, l) {
			return
		}
	}
}
