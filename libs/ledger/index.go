package ledger

import (
	"hash/maphash"
	"maps"
	"slices"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Index is the fold of one ledger: what a reader of the whole log knows. The
// zero value is not usable. It is not safe for concurrent use.
//
// An entry per appointment costs about 100 bytes: most appointments have one
// key, so the newest key's state lives with the appointment; only keys in doubt
// are kept in full.
type Index struct {
	token string
	seeds [2]maphash.Seed

	newest map[appointment]newest
	// revisions holds the revision of the newest event where it has one. Few
	// events have; a field would cost every one of them 8 bytes.
	revisions map[appointment]int64
	// older holds the states of keys that are not the newest of their
	// appointment.
	older map[shortKey]older
	// doubts holds the claims whose outcome is not known, by appointment.
	doubts map[string][]ports.Claim
}

// appointment is an appointment id hashed with two random seeds: 128 bits, so
// that no two ids of one process meet.
type appointment [2]uint64

// shortKey is half a SHA-256: still 128 bits.
type shortKey [16]byte

type newest struct {
	key       shortKey
	offset    int64
	timestamp int64
	older
}

// older is what is kept of a key that is not the newest.
type older struct {
	state ports.State
	// seen is the hour of the last record, for Forget: it fits in the padding.
	seen uint32
}

// NewIndex returns the fold of an empty log.
func NewIndex() *Index {
	return &Index{
		seeds:  [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		newest: map[appointment]newest{}, revisions: map[appointment]int64{},
		older:  map[shortKey]older{},
		doubts: map[string][]ports.Claim{},
	}
}

// Token returns the token of the newest fence; empty when there is none.
func (x *Index) Token() string { return x.token }

// Fold adds the next record of the log. at is when it was appended on the
// broker's clock, since when its lease starts to count for this process (see
// ports.Claim).
//
// `sent` is a fact whoever wrote it and absorbs everything. Any other record
// counts only when its writer's fence is the newest one before it: a paused
// owner's late claim must not void what its successor did.
func (x *Index) Fold(e *Entry, at, since time.Time) {
	if e.Kind == KindFence {
		x.token = e.Token
		return
	}
	if e.Kind != KindSent && e.Token != x.token {
		return
	}
	c := e.Claim
	c.At, c.Since = at, since
	x.set(c, e.Kind.state())
}

func (x *Index) set(c ports.Claim, to ports.State) {
	id, n := x.appointment(c.AppointmentID), x.sighting(c, to)
	known, ok := x.newest[id]
	if before := x.stateOf(known, ok, n.key); before == ports.StateSent {
		return
	}
	x.doubt(c, to)
	switch {
	case !ok:
		x.newest[id] = n
	case known.key == n.key:
		if !x.newer(id, c.Revision, n, known) {
			n.offset, n.timestamp = known.offset, known.timestamp
		}
		x.newest[id] = n
	case x.newer(id, c.Revision, n, known):
		x.older[known.key] = known.older
		delete(x.older, n.key)
		x.newest[id] = n
		delete(x.revisions, id)
	default:
		x.older[n.key] = n.older
		return
	}
	if c.Revision != nil {
		x.revisions[id] = *c.Revision
	}
}

// doubt keeps or forgets the claim to ask about.
func (x *Index) doubt(c ports.Claim, to ports.State) {
	others := slices.DeleteFunc(x.doubts[c.AppointmentID], func(d ports.Claim) bool { return d.Key == c.Key })
	if to.InDoubt() {
		others = append(others, c)
	}
	if len(others) == 0 {
		delete(x.doubts, c.AppointmentID)
		return
	}
	x.doubts[c.AppointmentID] = others
}

// LookUp returns what is known of key and of its appointment.
func (x *Index) LookUp(key domain.Key, appointmentID string) ports.Knowledge {
	id := x.appointment(appointmentID)
	known, ok := x.newest[id]
	k := ports.Knowledge{State: x.stateOf(known, ok, shortKey(key[:16]))}
	for _, d := range x.doubts[appointmentID] {
		switch {
		case d.Key == key:
			k.Doubt = d
		case x.stateOf(known, ok, shortKey(d.Key[:16])) == ports.StateClaimed:
			k.Others = append(k.Others, d)
		}
	}
	if ok {
		k.Newest = ports.Sighting{
			Known: true, SameKey: known.key == shortKey(key[:16]),
			Offset: known.offset, Timestamp: time.UnixMilli(known.timestamp),
		}
		if revision, ok := x.revisions[id]; ok {
			k.Newest.Revision = &revision
		}
	}
	return k
}

func (x *Index) stateOf(known newest, ok bool, key shortKey) ports.State {
	if ok && known.key == key {
		return known.state
	}
	return x.older[key].state
}

func (x *Index) appointment(id string) appointment {
	return appointment{maphash.String(x.seeds[0], id), maphash.String(x.seeds[1], id)}
}

func (x *Index) sighting(c ports.Claim, s ports.State) newest {
	return newest{
		key: shortKey(c.Key[:16]), offset: c.Origin.Offset, timestamp: c.Origin.Timestamp.UnixMilli(),
		older: older{state: s, seen: hours(c.At)},
	}
}

// newer tells whether n, with its revision, was published after the newest
// known event. Revisions decide where both have one; otherwise the time does
// before the offset, because a topic that was created again restarts its
// offsets.
func (x *Index) newer(id appointment, revision *int64, n, known newest) bool {
	if at, ok := x.revisions[id]; ok && revision != nil && at != *revision {
		return *revision > at
	}
	if n.timestamp != known.timestamp {
		return n.timestamp > known.timestamp
	}
	return n.offset > known.offset
}

// Forget drops what was last recorded before t and is not in doubt, as the log
// itself does by its retention: the index of a long-lived process would grow
// for ever otherwise.
func (x *Index) Forget(t time.Time) {
	limit := hours(t)
	doubted := map[appointment]bool{}
	for id := range x.doubts {
		doubted[x.appointment(id)] = true
	}
	maps.DeleteFunc(x.newest, func(id appointment, n newest) bool { return n.seen < limit && !doubted[id] })
	maps.DeleteFunc(x.revisions, func(id appointment, _ int64) bool { _, known := x.newest[id]; return !known })
	maps.DeleteFunc(x.older, func(_ shortKey, o older) bool { return o.seen < limit && !o.state.InDoubt() })
}

func hours(t time.Time) uint32 {
	return uint32(max(0, t.Unix()/3600)) //nolint:gosec // good for the next 490,000 years
}

// Len returns how many appointments and older keys the index holds.
func (x *Index) Len() int { return len(x.newest) + len(x.older) }
