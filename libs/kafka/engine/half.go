package engine

import "time"

// half is one topic of a lane during one assignment.
type half struct {
	topic   string
	tracker tracker
	// partitions is this half in the form that the client takes.
	partitions map[string][]int32
	// queued and bytes count what is held in memory and not finished.
	queued, bytes int
	// prefetched waits for room in the queues; due is set while the poll loop is asked
	// to register it.
	prefetched prefetched
	due        bool
	// full is set from when the caps are reached until half of them is free again; shut
	// while the half must not be fetched for that reason; fault while it cannot be
	// read. paused is what the client was told last.
	full, shut, paused bool
	fault              *fault
	// moved is when a record came or ended last.
	moved     time.Time
	committed int64
	// start is where reading begins, or where the log began when events before
	// that were found to be gone; see position. placed is set when the commit was
	// read: without one the group begins at the log's start.
	start  int64
	placed bool
	// ahead holds the events beyond the newest record that was read. Only the source
	// half uses it.
	ahead ahead
}

// attach adds a half that was assigned and returns how many there are now.
func (l *lane) attach(topic string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := &half{topic: topic, partitions: map[string][]int32{topic: {l.partition}}, moved: time.Now(), start: unknownStart}
	h.ahead.held = &l.intake.ahead
	l.halves[topic] = h
	return len(l.halves)
}

// detach forgets a half and its queued records, which were never started or whose
// outcome no longer counts here. They are released, never marked as finished. It
// returns how many halves are left.
func (l *lane) detach(topic string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	gone := l.halves[topic]
	delete(l.halves, topic)
	if gone != nil {
		gone.ahead.clear()
		l.intake.prefetched.Add(-int64(gone.prefetched.bytes))
	}
	l.progress()
	for key, q := range l.queues {
		var kept []*item
		for _, it := range q.items {
			if it.half != gone {
				kept = append(kept, it)
			}
		}
		if q.items = kept; len(kept) == 0 && !q.running {
			delete(l.queues, key)
		}
	}
	return len(l.halves)
}

// halved reports whether one half is missing.
func (l *lane) halved() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.halves) == 1
}
