package engine

import (
	"slices"
	"sync/atomic"
	"time"
)

// Caps on what one process holds. At its share of them a partition pauses, the
// others do not.
const (
	maxQueued = 8192
	maxBytes  = 24 << 20
	// maxWindow bounds the number of records between the watermark and the newest
	// record. A finished record costs 16 bytes, so a partition goes on while one of its
	// records waits for half an hour.
	maxWindow = 1 << 20
)

// reader is the part of the client that says which partitions are read.
type reader interface {
	// PauseFetchPartitions returns what is paused, also when nothing is added.
	PauseFetchPartitions(map[string][]int32) map[string][]int32
	ResumeFetchPartitions(map[string][]int32)
}

// intake is the state of reading that the lanes of a process share.
type intake struct {
	// halves is how many halves share the caps.
	halves atomic.Int64
	// prefetched is how many bytes are held beyond the queues; due holds the halves
	// that have room for some of them now.
	prefetched atomic.Int64
	due        dueHalves
	// buffered reports whether the client held more records after the last poll.
	buffered atomic.Bool
	// ahead is how many appointments' newest events beyond the queues are kept.
	ahead atomic.Int64
}

// share returns how much of limit one half may hold, at least 1.
func (i *intake) share(limit int) int { return max(1, limit/int(max(1, i.halves.Load()))) }

// unpolled reports whether the client may hold more records and there is room for them.
// When a partition pauses, the client drops the records that it holds of it. A batch on
// the broker may be a megabyte, which would be fetched and decoded again for each share
// of a queue:
//
//	polled: 50 of 4,000     the queues take 680
//	paused at 680           3,320 dropped
//	resumed at 340          4,000 decoded again for the next 340
func (i *intake) unpolled() bool { return i.buffered.Load() && i.prefetched.Load() < maxPrefetched }

// regulate pauses a half that is at its share of the caps once the client holds nothing
// more, and resumes it once it is half empty and all its records are registered. It
// also pauses a half that cannot be read, between the tries. The caller holds mu.
//
// Decision and execution are one step under that lock. Apart, they can swap:
//
//	poll loop: the half is full      → to be paused
//	worker:    the half has emptied  → resumed
//	poll loop:                         paused, with nothing queued that would
//	                                   ever resume it
//
// The client holds its own lock for this only to swap a map, and calls none of our code
// under it, so that lock can be taken under ours.
func (l *lane) regulate(h *half) {
	if l.halves[h.topic] != h {
		return // given up: pausing would affect the next assignment
	}
	h.full = l.full(h)
	switch waiting := len(h.prefetched.batches) > 0; {
	case h.full || waiting:
		h.shut = h.shut || !l.intake.unpolled()
	case !l.above(h, 2):
		h.shut = false
	}
	l.summon(h)
	pause := h.shut || h.fault.holds()
	switch {
	case pause == h.paused:
		return
	case pause:
		l.reader.PauseFetchPartitions(h.partitions)
	default:
		l.reader.ResumeFetchPartitions(h.partitions)
	}
	h.paused = pause
}

// full reports whether h holds its share of the caps, or, once it did, more than
// half of it. The caller holds mu.
func (l *lane) full(h *half) bool {
	if h.tracker.window() >= maxWindow {
		return true
	}
	if h.full {
		return l.above(h, 2)
	}
	return h.queued >= l.intake.share(maxQueued) || h.bytes >= l.intake.share(maxBytes)
}

// above reports whether h holds more than 1/parts of its share. The caller holds mu.
func (l *lane) above(h *half, parts int) bool {
	return h.queued > l.intake.share(maxQueued)/parts || h.bytes > l.intake.share(maxBytes)/parts
}

// forgotten returns for how long a paused half has held no record whose end would
// resume it; 0 if the half is read, has work or waits for its next try. paused is the
// client's own list, which decides what is read.
func (l *lane) forgotten(paused map[string][]int32) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	var longest time.Duration
	for topic, partitions := range paused {
		h := l.halves[topic]
		if h == nil || h.queued > 0 || h.fault != nil || !slices.Contains(partitions, l.partition) {
			continue
		}
		longest = max(longest, time.Since(h.moved))
	}
	return longest
}
