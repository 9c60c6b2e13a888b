package engine

import (
	"fmt"
	"time"
)

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
	if d := c.lanes.ready.stuck(); d > limit && c.deps.Slots.Idle() {
		return fmt.Errorf("records are ready and slots are free but nothing has started for %s", d.Round(time.Second))
	}
	if d := c.lanes.forgotten(); d > limit {
		return fmt.Errorf("a partition has been paused for %s although nothing of it is queued", d.Round(time.Second))
	}
	return nil
}

// Ready returns an error while the worker cannot do its work.
func (c *Consumer) Ready() error {
	if !c.member.joined.Load() {
		return fmt.Errorf("not yet a member of the group %s", c.cfg.Group)
	}
	if err := c.deps.Writer.Ready(); err != nil {
		return err
	}
	if err := c.topics.err(); err != nil {
		return err
	}
	if err := c.reading.err(); err != nil {
		return err
	}
	for _, l := range c.lanes.all() {
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
	Partition int32       `json:"partition"`
	Open      bool        `json:"open"`
	Loading   *LoadStatus `json:"loading,omitempty"`
	// LookingAhead is set until the source has been read to its end once. Ahead is how
	// many appointments' newest events are kept from beyond the queues.
	LookingAhead bool             `json:"looking_ahead,omitempty"`
	Ahead        int              `json:"ahead"`
	Queued       int              `json:"queued"`
	Running      int              `json:"running"`
	LedgerKeys   int              `json:"ledger_keys"`
	Watermarks   map[string]int64 `json:"watermarks"`
}

// notOpen returns an error that names what a lane that is not open waits for.
func (s LaneStatus) notOpen() error {
	switch {
	case s.LookingAhead:
		return fmt.Errorf("lane %d looks ahead to the end of its source partition before it sends anything", s.Partition)
	case s.Loading == nil:
		return fmt.Errorf("lane %d is not open yet", s.Partition)
	}
	return fmt.Errorf("lane %d is loading its ledger: %d of about %d records read", s.Partition, s.Loading.Read, s.Loading.Of)
}

// Lanes returns the state of all lanes that this member holds.
func (c *Consumer) Lanes() []LaneStatus {
	lanes := c.lanes.all()
	out := make([]LaneStatus, 0, len(lanes))
	for _, l := range lanes {
		out = append(out, l.status())
	}
	return out
}

func (l *lane) status() LaneStatus {
	l.mu.Lock()
	s := LaneStatus{Partition: l.partition, Open: l.epoch != nil, Loading: l.loading, LookingAhead: l.looking, Watermarks: map[string]int64{}}
	for topic, h := range l.halves {
		s.Queued += h.queued
		s.Ahead += len(h.ahead.facts)
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
