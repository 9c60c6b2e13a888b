package engine

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// version returns an event's place in the order of its appointment's events. A replay
// has the place of its dead letter.
func (i *item) version(now time.Time) domain.Version {
	o := i.task.Record.Origin()
	return domain.NewVersion(i.task.Event.Revision, o.Offset, o.Timestamp, now)
}

// outdatedBy reports whether an event that stands at v with these facts withdraws
// the item.
func (i *item) outdatedBy(v domain.Version, f domain.Facts, now time.Time) bool {
	return !i.withdrawn && v.Newer(i.version(now)) && f.Differ(i.task.Event.Facts())
}

// compare withdraws the records that the newest record of q makes untrue, or that
// record itself if an event in the queue or ahead of it is newer. A single event costs
// nothing. The caller holds mu.
func (l *lane) compare(q *queue) {
	it := q.items[len(q.items)-1]
	source := l.halves[l.source]
	looking := source != nil && len(source.ahead.facts) > 0
	if it.task.Event == nil || len(q.items) == 1 && !looking {
		return
	}
	now := time.Now()
	version, facts := it.version(now), it.task.Event.Facts()
	for _, other := range q.items[:len(q.items)-1] {
		if other.outdatedBy(version, facts, now) {
			l.withdraw(other)
		}
		if it.outdatedBy(other.version(now), other.task.Event.Facts(), now) {
			l.withdraw(it)
		}
	}
	if !looking {
		return
	}
	if source.ahead.supersedes(it.task.Event.AppointmentID, version, facts) {
		l.withdraw(it)
	}
	if it.half == source {
		source.ahead.caughtUp(source.tracker.next, it.task.Event.AppointmentID, version.Revision != nil)
	}
}

// withdraw marks the item as made untrue by a newer event, and tells delivery at once
// if the item is under way. The caller holds mu.
func (l *lane) withdraw(it *item) {
	if it.withdrawn {
		return
	}
	it.withdrawn = true
	if it.link != nil {
		close(it.link.superseded)
	}
}

// link tells a record under way of other events of its appointment.
type link struct {
	lane       *lane
	queue      *queue
	superseded chan struct{}
	// accompanied is others, bound once.
	accompanied func() bool
}

// maxLinks is how many unused links a lane keeps: without an outage few records
// are under way at a time, and a link costs more than the queue of its record.
const maxLinks = 64

// connect gives a record that starts its link. The caller holds mu.
func (l *lane) connect(q *queue, it *item) {
	var k *link
	if n := len(l.links); n > 0 {
		k, l.links = l.links[n-1], l.links[:n-1]
	} else {
		k = &link{lane: l, superseded: make(chan struct{})}
		k.accompanied = k.others
	}
	k.queue, it.link = q, k
	it.task.Superseded, it.task.Accompanied = k.superseded, k.accompanied
	if it.withdrawn {
		close(k.superseded)
	}
}

// disconnect takes a record's link back. The caller holds mu.
func (l *lane) disconnect(it *item) {
	k := it.link
	it.link, it.task.Superseded, it.task.Accompanied = nil, nil, nil
	k.queue = nil
	if !it.withdrawn && len(l.links) < maxLinks {
		l.links = append(l.links, k)
	}
}

// others reports whether another event of the record's appointment is queued or
// lies ahead of the queues.
func (k *link) others() bool {
	l := k.lane
	l.mu.Lock()
	defer l.mu.Unlock()
	if k.queue == nil {
		return false
	}
	source := l.halves[l.source]
	return len(k.queue.items) > 1 || source != nil && source.ahead.knows(k.queue.key)
}
