package engine

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// errGivenUp ends a look at a half that is no longer assigned to us.
var errGivenUp = errors.New("the partition was given up")

// looks returns the source half until its first look is done.
func (l *lane) looks() *half {
	l.mu.Lock()
	defer l.mu.Unlock()
	if h := l.halves[l.source]; h != nil && !h.ahead.looked {
		l.looking = true
		return h
	}
	return nil
}

// behind returns the source half while it is paused or holds what its queues have no
// room for: the queue does not see the records that come meanwhile.
func (l *lane) behind() *half {
	l.mu.Lock()
	defer l.mu.Unlock()
	if h := l.halves[l.source]; h != nil && h.ahead.looked && (h.paused || len(h.prefetched.batches) > 0) {
		return h
	}
	return nil
}

// place records that the position at which the group reads on is known.
func (l *lane) place(topic string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if h := l.halves[topic]; h != nil {
		h.placed = true
		l.progress()
	}
}

// progress wakes the first look. The caller holds mu.
func (l *lane) progress() {
	select {
	case l.moved <- struct{}{}:
	default:
	}
}

// awaitPosition waits until the position of the half is known.
func (l *lane) awaitPosition(ctx context.Context, h *half) error {
	for {
		l.mu.Lock()
		ours, known := l.halves[h.topic] == h, h.placed || h.tracker.next > 0
		l.mu.Unlock()
		switch {
		case !ours:
			return errGivenUp
		case known:
			return nil
		}
		select {
		case <-l.moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// awaitQueue waits until the queue has reached end, is full, or takes in no record for
// lookPatience.
func (l *lane) awaitQueue(ctx context.Context, h *half, end int64) error {
	for {
		l.mu.Lock()
		ready := l.halves[h.topic] != h || h.full || h.paused || max(0, h.position()) >= end
		l.mu.Unlock()
		if ready {
			return nil
		}
		select {
		case <-l.moved:
		case <-time.After(lookPatience):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (l *lane) lookFrom(h *half) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return h.ahead.from(max(0, h.position()))
}

// lookedTo records that the source is known up to end.
func (l *lane) lookedTo(h *half, end int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h.ahead.next, h.ahead.looked, l.looking = max(h.ahead.next, end), true, false
	if h.position() >= h.ahead.next {
		h.ahead.clear()
	}
}

// found adds an event that was read ahead. The event withdraws queued records, and is
// kept for those that will be queued. kept is false if there was no room for it.
func (l *lane) found(h *half, event *domain.Event, r *kgo.Record) (kept bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.halves[h.topic] != h {
		return true, errGivenUp
	}
	if r.Offset < h.position() {
		return true, nil // in the queue by now
	}
	now := time.Now()
	version, facts := domain.NewVersion(event.Revision, r.Offset, r.Timestamp, now), event.Facts()
	if q := l.queues[event.AppointmentID]; q != nil {
		for _, it := range q.items {
			if it.outdatedBy(version, facts, now) {
				l.withdraw(it)
			}
		}
	}
	kept = h.ahead.note(event.AppointmentID, version, facts)
	if !kept && h.ahead.missed == 0 {
		h.ahead.missed = r.Offset
	}
	h.ahead.next = max(h.ahead.next, r.Offset+1)
	return kept, nil
}
