package ledger

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// eventOf returns the entry of a record without the fields that depend on the time of
// the append.
func eventOf(r *Entry) entry {
	c := &r.Claim
	e := entry{
		key: shortKey(c.Key[:16]), offset: c.Origin.Offset, timestamp: c.Origin.Timestamp.UnixMilli(),
		state: r.Kind.state(), recipient: c.Recipient,
	}
	if c.Revision != nil {
		e.revision, e.flags = *c.Revision, e.flags|revised
	}
	if !c.Facts.Instant.IsZero() {
		e.instant, e.flags = c.Facts.Instant.UnixMilli(), e.flags|informed
	}
	if c.Facts.Cancelled {
		e.flags |= cancels
	}
	if r.Kind == KindNoted && r.Code == ports.NotedSuperseded {
		e.flags |= withdrawn
	}
	return e
}

// appendedAt completes the entry of a record that was appended at that time.
func (e *entry) appendedAt(at time.Time) {
	e.seen = hours(at)
	published := time.UnixMilli(e.timestamp)
	if e.state == ports.StateSent {
		e.mark = ports.Origin{Offset: e.offset, Timestamp: published}.Mark()
	}
	if !domain.TimestampKnown(published, at) {
		e.timestamp = 0
	}
}

// sighting returns the entry as the answer to a look-up of key.
func (e *entry) sighting(key shortKey) ports.Sighting {
	s := ports.Sighting{Known: true, SameKey: e.key == key && !e.anonymous(), Version: domain.Version{Offset: e.offset}}
	if e.timestamp != 0 {
		s.Version.Timestamp = time.UnixMilli(e.timestamp)
	}
	if e.kind() == revised {
		revision := e.revision
		s.Version.Revision = &revision
	}
	if e.flags&informed != 0 {
		s.Facts = domain.Facts{Instant: time.UnixMilli(e.instant), Cancelled: e.flags&cancels != 0}
	}
	return s
}

// see adds a record's event and state to the index. It returns false if the key was
// sent before: later claims and settlements then change nothing.
func (x *Index) see(id appointment, s *entry, k Kind) bool {
	head := x.heads[id] // looked up once: in a large ledger each look-up costs a cache miss
	r := x.find(head, s.key)
	if r == 0 {
		x.refresh(x.place(id, head, s), s.seen)
		return true
	}
	e := x.slab.at(r)
	sent := e.state == ports.StateSent
	switch {
	case k == KindNoted:
		e.flags |= s.flags & withdrawn
	case sent:
		return false
	default:
		e.state, e.mark, e.told, e.recipient = s.state, s.mark, s.told, s.recipient
		e.flags &^= withdrawn
	}
	if !sent {
		e.seen = s.seen
		x.refresh(head, s.seen)
	}
	x.stand(head, r, s)
	return !sent
}

// refresh keeps the newest events of an appointment for as long as any of its keys is
// kept: without them an older event would look like the newest.
func (x *Index) refresh(head ref, seen uint32) {
	for _, kind := range [...]flags{0, revised} {
		if r := x.newest(head, kind); r != 0 {
			e := x.slab.at(r)
			e.seen = max(e.seen, seen)
		}
	}
}

// stand moves a key to the place of a newer copy of its event, unless that copy was
// superseded.
func (x *Index) stand(head, r ref, s *entry) {
	if s.flags&withdrawn != 0 {
		return
	}
	if e := x.slab.at(r); s.newer(e) {
		e.offset, e.timestamp = s.offset, s.timestamp
	}
	x.promote(head, r)
}

// find returns the place of a key among the appointment's events, which begin at head;
// 0 if it is not there. Two events without a key are never the same.
func (x *Index) find(head ref, key shortKey) ref {
	if key == (shortKey{}) {
		return 0
	}
	if head == 0 {
		return 0
	}
	for _, kind := range [...]flags{0, revised} {
		if r := x.newest(head, kind); r != 0 && x.slab.at(r).key == key {
			return r
		}
	}
	if x.slab.at(x.lastHead(head)).next == 0 {
		return 0
	}
	return x.older[key]
}

// newest returns the newest event of one kind among the appointment's events, which
// begin at head; 0 without such an event.
func (x *Index) newest(head ref, kind flags) ref {
	if head == 0 || x.slab.at(head).kind() == kind {
		return head
	}
	if r := x.slab.at(head).next; r != 0 && x.slab.at(r).kind() == kind {
		return r
	}
	return 0
}

// lastHead returns the last of the newest events; there must be one.
func (x *Index) lastHead(head ref) ref {
	if r := x.slab.at(head).next; r != 0 && x.slab.at(r).kind() != x.slab.at(head).kind() {
		return r
	}
	return head
}

// place adds the first sighting of a key and returns the new head of the appointment's
// events.
func (x *Index) place(id appointment, head ref, s *entry) ref {
	newest := x.newest(head, s.kind())
	switch {
	case newest == 0:
		s.next = head
		head = x.slab.add(s)
		x.heads[id] = head
	case s.displaces(x.slab.at(newest)):
		old := x.slab.put(newest, s)
		x.putBehind(head, &old)
	default:
		x.putBehind(head, s)
	}
	return head
}

// putBehind adds an event behind the newest ones. An event without a key is dropped: it
// only counts while it is the newest.
func (x *Index) putBehind(head ref, e *entry) {
	if e.anonymous() {
		return
	}
	r, last := x.slab.add(e), x.slab.at(x.lastHead(head))
	x.slab.at(r).next, last.next = last.next, r
	x.older[e.key] = r
}

// promote makes an older key the newest of its kind, if it has become that: the
// two change places.
func (x *Index) promote(head, r ref) {
	e := *x.slab.at(r)
	newest := x.newest(head, e.kind())
	if newest == r || !e.displaces(x.slab.at(newest)) {
		return
	}
	old := x.slab.put(newest, &e)
	delete(x.older, e.key)
	if old.anonymous() {
		x.unlink(head, r)
		return
	}
	x.slab.put(r, &old)
	x.older[old.key] = r
}

// unlink drops an event that is not among the newest.
func (x *Index) unlink(head, r ref) {
	before := x.slab.at(x.lastHead(head))
	for before.next != r {
		before = x.slab.at(before.next)
	}
	before.next = x.slab.at(r).next
	x.slab.remove(r)
}
