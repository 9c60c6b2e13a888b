package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// commitInterval is how often the watermark is committed. Records that finished since
// are in the ledger, so a crash costs only looking them up again.
const commitInterval = 250 * time.Millisecond

// committer commits how far the lanes are finished, one commit at a time.
type committer struct {
	*lifetime
	lanes *laneSet
	// client is set before the first lane is assigned.
	client *kgo.Client
	faults *faultLog
	source string
	// session is the group's session timeout, and how long confirm waits for the
	// coordinator's answer.
	session time.Duration
	// busy is held by the commit under way.
	busy chan struct{}
}

type offsets = map[string]map[int32]kgo.EpochOffset

// run commits at an even pace until ctx is over.
func (c *committer) run(ctx context.Context) {
	ticker := time.NewTicker(commitInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			_ = c.guarded(func() error { // the next one covers it
				c.commit(ctx, 10*time.Second, c.lanes.all())
				return nil
			})
		case <-ctx.Done():
			return
		}
	}
}

// commit commits what moved since the last time. A failed commit is tried again
// with the next one.
func (c *committer) commit(ctx context.Context, timeout time.Duration, lanes []*lane) {
	moved, note := watermarks(lanes)
	if len(moved) == 0 {
		return
	}
	if err := c.send(ctx, timeout, moved); err != nil {
		if ctx.Err() == nil {
			c.faults.failed("committing", err)
		}
		return
	}
	c.faults.works("committing")
	note()
}

// watermarks collects the offsets that moved; note records that they were
// committed, in the half objects that they came from.
func watermarks(lanes []*lane) (moved offsets, note func()) {
	moved = offsets{}
	var notes []func()
	for _, l := range lanes {
		l.mu.Lock()
		for topic, h := range l.halves {
			at, ok := h.tracker.watermark()
			if !ok || at == h.committed {
				continue
			}
			if moved[topic] == nil {
				moved[topic] = map[int32]kgo.EpochOffset{}
			}
			moved[topic][l.partition] = kgo.EpochOffset{Epoch: -1, Offset: at}
			notes = append(notes, func() {
				l.mu.Lock()
				defer l.mu.Unlock()
				h.committed = at
			})
		}
		l.mu.Unlock()
	}
	return moved, func() {
		for _, n := range notes {
			n()
		}
	}
}

// send commits offsets and waits for the answer, within timeout.
func (c *committer) send(ctx context.Context, timeout time.Duration, moved offsets) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	// The client itself would wait for the previous commit without a bound.
	select {
	case c.busy <- struct{}{}:
		defer func() { <-c.busy }()
	case <-ctx.Done():
		return ctx.Err()
	}
	var result error
	c.client.CommitOffsetsSync(ctx, moved, func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, resp *kmsg.OffsetCommitResponse, err error) {
		if err != nil {
			result = err
			return
		}
		for _, t := range resp.Topics {
			for _, p := range t.Partitions {
				if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
					result = errors.Join(result, fmt.Errorf("%s/%d: %w", t.Topic, p.Partition, err))
				}
			}
		}
	})
	return result
}

// confirm reports whether the lane is still assigned to this member, by
// committing where its source half stands.
func (c *committer) confirm(ctx context.Context, l *lane) bool {
	l.mu.Lock()
	h := l.halves[c.source]
	var at int64
	var read bool
	if h != nil {
		at, read = h.tracker.watermark()
	}
	l.mu.Unlock()
	if h == nil {
		return false
	}
	if !read {
		return true // no record was read yet, so none was claimed
	}
	err := c.send(ctx, c.session, offsets{c.source: {l.partition: {Epoch: -1, Offset: at}}})
	return err == nil
}
