package ledger

import (
	"encoding/binary"
	"hash/maphash"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Index is the fold of one ledger: the knowledge of a reader of the whole log. The zero
// value is not usable. It is not safe for concurrent use.
//
// It costs about 120 bytes for each key (BenchmarkLoad). Each appointment points to its
// newest event, which most often has its only key. Only keys in doubt are kept in full.
type Index struct {
	token string
	seeds [2]maphash.Seed
	// highest is the highest source offset of any record; -1 without records.
	highest int64

	// heads points to the events of an appointment, linked by entry.next: first the
	// newest event with a revision and the newest without one, as far as they exist,
	// then all others.
	heads map[appointment]ref
	// older points directly to the keys of those others.
	older map[shortKey]ref
	// told counts what was sent.
	told   uint32
	slab   slab
	doubts doubts
	// recent holds the provider ids of the messages that were accepted last.
	recent recent
}

// appointment is an appointment id hashed with two random seeds: 128 bits, so that no
// two ids in one process collide. Bytes need no padding in a map.
type appointment [16]byte

// shortKey is half a SHA-256: still 128 bits.
type shortKey [16]byte

// NewIndex returns the fold of an empty log.
func NewIndex() *Index {
	return &Index{
		seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, highest: -1,
		heads: map[appointment]ref{}, older: map[shortKey]ref{}, doubts: doubts{},
	}
}

// Token returns the token of the newest fence; empty without a fence.
func (x *Index) Token() string { return x.token }

// Highest returns the highest source offset that any record names; -1 without records.
func (x *Index) Highest() int64 { return x.highest }

// Len returns how many keys the index holds.
func (x *Index) Len() int { return x.slab.len() }

// Fold adds the next record of the log. at is when it was appended, on the
// broker's clock where that is known. since is when its lease starts to count
// for this process (see ports.Claim).
//
// `sent` is a fact from any writer and absorbs everything. Any other record counts only
// when its writer's fence is the newest one before it: a paused owner's late claim must
// not void what its successor did. Fold reports whether e counts by that rule; a record
// that counts may still change nothing.
func (x *Index) Fold(e *Entry, at, since time.Time) (counts bool) {
	if e.Kind == KindFence {
		x.token = e.Token
		return true
	}
	s := eventOf(e)
	effect := x.take(e.Kind, x.appointment(e.Claim.AppointmentID), &s, at, e.Token == x.token)
	if effect&accepts != 0 {
		x.recent.keep(s.key, s.mark, []byte(e.Code))
	}
	switch {
	case effect&inDoubt != 0:
		x.doubts.keep(e.Claim, e.Kind, at, since)
	case effect&settles != 0 && len(x.doubts) > 0:
		x.doubts.settle(&e.Claim.Key, e.Claim.AppointmentID)
	}
	return effect&counted != 0
}

// effect is what a record does.
type effect uint8

const (
	// counted is set for every record except those of a deposed owner.
	counted effect = 1 << iota
	accepts
	inDoubt
	settles
)

// take folds a record of the log, except for its texts. owned is set when the newest
// fence before it is its writer's.
func (x *Index) take(kind Kind, id appointment, s *entry, at time.Time, owned bool) effect {
	x.highest = max(x.highest, s.offset)
	if kind != KindSent && !owned {
		return 0
	}
	s.appendedAt(at)
	if kind == KindSent {
		x.told++
		s.told = x.told
	}
	switch {
	case !x.see(id, s, kind) || kind == KindNoted:
		return counted
	case kind == KindSent:
		return counted | accepts | settles
	case kind.state().InDoubt():
		return counted | inDoubt
	}
	return counted | settles
}

// Stamp sets the beginning of its doubt on a record that is about to be appended: the
// log itself would forget it.
func (x *Index) Stamp(e *Entry) {
	c := &e.Claim
	c.At = time.Time{}
	if e.Kind == KindClaimed {
		c.At = c.Since.Round(0)
	}
	if d, ok := x.doubts.of(c.Key, c.AppointmentID); ok {
		c.At = d.At
	}
}

// LookUp returns what is known of key and of its appointment.
func (x *Index) LookUp(key domain.Key, appointmentID string) ports.Knowledge {
	head, short := x.heads[x.appointment(appointmentID)], shortKey(key[:16])
	k := ports.Knowledge{State: x.stateOf(head, short)}
	if r := x.find(head, short); r != 0 {
		e := x.slab.at(r)
		k.Own, k.Withdrawn = e.sighting(short), e.flags&withdrawn != 0
		if e.state == ports.StateSent {
			k.Accepted = ports.Acceptance{Mark: e.mark, ProviderID: x.recent.find(short, e.mark)}
		}
	}
	for _, d := range x.doubts[appointmentID] {
		switch {
		case d.Key == key:
			k.Doubt = d
		case x.stateOf(head, shortKey(d.Key[:16])) == ports.StateClaimed:
			k.Others = append(k.Others, d)
		}
	}
	if r := x.newest(head, revised); r != 0 {
		k.Revised = x.slab.at(r).sighting(short)
	}
	if r := x.newest(head, 0); r != 0 {
		k.Unrevised = x.slab.at(r).sighting(short)
	}
	return k
}

// LastTold returns the time that a recipient was told last, see ports.Ledger.
func (x *Index) LastTold(appointmentID string, recipient domain.RecipientTag) time.Time {
	var last *entry
	for r := x.heads[x.appointment(appointmentID)]; r != 0; r = x.slab.at(r).next {
		if e := x.slab.at(r); e.tells(recipient) && (last == nil || e.toldAfter(last)) {
			last = e
		}
	}
	if last == nil {
		return time.Time{}
	}
	return time.UnixMilli(last.instant)
}

func (x *Index) stateOf(head ref, key shortKey) ports.State {
	if r := x.find(head, key); r != 0 {
		return x.slab.at(r).state
	}
	return ports.StateNone
}

func (x *Index) appointment(id string) appointment {
	var a appointment
	binary.NativeEndian.PutUint64(a[:8], maphash.String(x.seeds[0], id))
	binary.NativeEndian.PutUint64(a[8:], maphash.String(x.seeds[1], id))
	return a
}

// appointmentIn is appointment of an id that is not copied.
func (x *Index) appointmentIn(id []byte) appointment {
	var a appointment
	binary.NativeEndian.PutUint64(a[:8], maphash.Bytes(x.seeds[0], id))
	binary.NativeEndian.PutUint64(a[8:], maphash.Bytes(x.seeds[1], id))
	return a
}

func hours(t time.Time) uint32 {
	return uint32(max(0, t.Unix()/3600)) //nolint:gosec // good for the next 490,000 years
}
