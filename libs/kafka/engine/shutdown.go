package engine

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"
)

// LeaveTimeout is how long Run may take to end beyond the drain timeout,
// whatever answers and whatever does not: for the last commit and for leaving
// the group.
const LeaveTimeout = 5 * time.Second

// shutdown ends the consumer in the order that loses nothing: no new records,
// sends under way get their outcome, the finished prefix is committed, the
// group is left. The producer is closed by its owner afterwards. Each step has
// its part of one time budget, also where it ignores its context: with Kafka
// away the client waits in its own locks for longer than a stop may take.
func (c *Consumer) shutdown(loops *sync.WaitGroup) {
	drain, cancel := context.WithTimeout(context.Background(), c.cfg.DrainTimeout)
	defer cancel()
	within(drain, loops.Wait)
	lanes := c.allLanes()
	if !drained(drain, lanes) {
		c.Log.Warn("sends were still under way when the drain timeout ended; the next owner asks the provider about them",
			zap.Duration("drain_timeout", c.cfg.DrainTimeout), zap.Int("sending", c.Slots.Sending()))
	}
	leave, cancel := context.WithTimeout(context.Background(), LeaveTimeout)
	defer cancel()
	within(leave, func() { c.commit(leave, LeaveTimeout, lanes) })
	c.leaving.Store(true)
	if !within(leave, c.client.CloseAllowingRebalance) {
		c.Log.Warn("the group could not be left in time; its session will time out")
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

// Live returns an error when work is due and nothing moves: a deadlocked
// process would otherwise keep its partitions for ever, because the client
// heartbeats on its own.
func (c *Consumer) Live() error {
	polled := c.polled.Load()
	if polled == 0 {
		return nil // not joined yet
	}
	limit := 3*c.cfg.DrainTimeout + 10*time.Second
	if d := time.Since(time.Unix(0, polled)); d > limit {
		return fmt.Errorf("the poll loop has not turned for %s", d.Round(time.Second))
	}
	if d := c.ready.stuck(); d > limit && c.Slots.Idle() {
		return fmt.Errorf("records are ready and slots are free but nothing has started for %s", d.Round(time.Second))
	}
	if d := c.forgotten(); d > limit {
		return fmt.Errorf("a partition has been paused for %s although nothing of it is queued", d.Round(time.Second))
	}
	return nil
}

// forgotten returns for how long at most a partition has been paused with
// nothing queued that would resume it.
func (c *Consumer) forgotten() time.Duration {
	paused := c.reader.PauseFetchPartitions(nil)
	if len(paused) == 0 {
		return 0
	}
	var longest time.Duration
	for _, l := range c.allLanes() {
		longest = max(longest, l.forgotten(paused))
	}
	return longest
}

// Ready returns an error while the worker cannot do its work.
func (c *Consumer) Ready() error {
	if !c.joined.Load() {
		return fmt.Errorf("not yet a member of the group %s", c.cfg.Group)
	}
	if err := c.Writer.Ready(); err != nil {
		return err
	}
	if err := c.mismatch.Load(); err != nil {
		return *err
	}
	if err := c.unreadable(); err != nil {
		return err
	}
	for _, l := range c.allLanes() {
		if s := l.status(); !s.Open {
			return s.notOpen()
		}
		if err := l.unread(); err != nil {
			return err
		}
	}
	return nil
}

// LaneStatus is what an operator sees of one lane.
type LaneStatus struct {
	Partition  int32            `json:"partition"`
	Open       bool             `json:"open"`
	Loading    *LoadStatus      `json:"loading,omitempty"`
	Queued     int              `json:"queued"`
	Running    int              `json:"running"`
	LedgerKeys int              `json:"ledger_keys"`
	Watermarks map[string]int64 `json:"watermarks"`
}

// Lanes returns the state of all lanes that this member holds.
func (c *Consumer) Lanes() []LaneStatus {
	lanes := c.allLanes()
	out := make([]LaneStatus, 0, len(lanes))
	for _, l := range lanes {
		out = append(out, l.status())
	}
	return out
}

func (l *lane) status() LaneStatus {
	l.mu.Lock()
	s := LaneStatus{Partition: l.partition, Open: l.epoch != nil, Loading: l.loading, Watermarks: map[string]int64{}}
	for topic, h := range l.halves {
		s.Queued += h.queued
		if at, ok := h.tracker.watermark(); ok {
			s.Watermarks[topic] = at
		}
	}
	if l.epoch != nil {
		s.Running = l.epoch.running
	}
	keys := l.keys
	l.mu.Unlock()
	s.LedgerKeys = keys()
	return s
}
