package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"sync/atomic"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// maxAhead is how many appointments' newest events a process keeps from beyond its
// queues.
const maxAhead = 200_000

// ahead is what a lane has found in its source partition beyond its queues: the
// newest event of each appointment, facts only. The lane's lock guards it.
type ahead struct {
	facts map[aheadKey]aheadFact
	// next is the offset up to which the source has been looked at.
	next int64
	// missed is the first offset whose event could not be kept; 0 if all were kept.
	missed int64
	// looked is set once the first look is done, so that the lane may begin.
	looked bool
	// held counts the facts of the whole process.
	held *atomic.Int64
}

// aheadKey identifies an appointment. Events with a revision and events without have no
// order between them, so each kind has a newest event of its own. 87 bits of a hash are
// as good as the id.
type aheadKey [11]byte

func newAheadKey(appointment string, revised bool) (k aheadKey) {
	sum := sha256.Sum256([]byte(appointment))
	copy(k[:], sum[:])
	k[0] &^= 1
	if revised {
		k[0] |= 1
	}
	return k
}

// aheadFact is one event, packed because there may be very many: its offset and when it
// was published (0 is unknown) in six bytes each, the appointment's instant with one
// bit for a cancellation, its revision. Times are in milliseconds. The last byte says
// by how much the newest revision with other facts is lower, 0 if no such revision is
// known:
//
//	Monday (revision 1), Tuesday (2), Monday again (3)
//	the newest alone would let revision 1 pass, for it says the same
//
// Without revisions the two are one notification, which is sent once anyway.
type aheadFact [29]byte

func newAheadFact(v domain.Version, f domain.Facts) (packed aheadFact) {
	instant, published, revision := f.Instant.UnixMilli()<<1, int64(0), int64(0)
	if f.Cancelled {
		instant |= 1
	}
	if !v.Timestamp.IsZero() {
		published = v.Timestamp.UnixMilli()
	}
	if v.Revision != nil {
		revision = *v.Revision
	}
	// Each write overlaps the two highest bytes of the previous number, which are 0.
	binary.LittleEndian.PutUint64(packed[0:], uint64(v.Offset)) //nolint:gosec // offsets are never below 0
	binary.LittleEndian.PutUint64(packed[6:], uint64(published))
	binary.LittleEndian.PutUint64(packed[12:], uint64(instant))
	binary.LittleEndian.PutUint64(packed[20:], uint64(revision))
	return packed
}

const (
	sixBytes = 1<<48 - 1
	// leads is the highest bit of an offset.
	leads = 1 << 47
)

func (f *aheadFact) offset() int64 {
	return int64(binary.LittleEndian.Uint64(f[0:]) & (leads - 1))
}

// leads reports whether an event that this one outdates lies behind it: it was
// published in the wrong order.
func (f *aheadFact) leads() bool { return binary.LittleEndian.Uint64(f[0:])&leads != 0 }

func (f *aheadFact) revision() int64 {
	return int64(binary.LittleEndian.Uint64(f[20:])) //nolint:gosec // the bits are those of an int64
}

const lower = 28

// remember adds another, older event of the appointment to f.
func (f *aheadFact) remember(o *aheadFact) {
	if o.offset() > f.offset() {
		binary.LittleEndian.PutUint64(f[0:], binary.LittleEndian.Uint64(f[0:])|leads)
	}
	other, known := o.revision()-int64(o[lower]), o[lower] > 0
	if o.facts().Differ(f.facts()) {
		other, known = o.revision(), true
	}
	if by := f.revision() - other; known && 0 < by && by <= 255 && (f[lower] == 0 || byte(by) < f[lower]) {
		f[lower] = byte(by)
	}
}

// denies reports whether an event between revision and f has other facts than f. The
// event with this revision was then made untrue in between, even if its facts are those
// of f again.
func (f *aheadFact) denies(revision *int64) bool {
	return revision != nil && f[lower] > 0 && f.revision()-int64(f[lower]) > *revision
}

func (f *aheadFact) version(k aheadKey) domain.Version {
	v := domain.Version{Offset: f.offset()}
	if published := int64(binary.LittleEndian.Uint64(f[6:]) & sixBytes); published != 0 {
		v.Timestamp = time.UnixMilli(published)
	}
	if k[0]&1 == 1 {
		v.Revision = new(f.revision())
	}
	return v
}

func (f *aheadFact) facts() domain.Facts {
	instant := int64(binary.LittleEndian.Uint64(f[12:])) //nolint:gosec // the bits are those of an int64
	return domain.Facts{Instant: time.UnixMilli(instant >> 1), Cancelled: instant&1 == 1}
}

// note adds an event that lies ahead, and keeps only the newest of its appointment. It
// reports whether there was room.
func (a *ahead) note(appointment string, v domain.Version, f domain.Facts) bool {
	k := newAheadKey(appointment, v.Revision != nil)
	newest := newAheadFact(v, f)
	other, known := a.facts[k]
	switch {
	case known:
		if !v.Newer(other.version(k)) {
			newest, other = other, newest
		}
		newest.remember(&other)
	case a.held.Add(1) > maxAhead:
		a.held.Add(-1)
		return false
	case a.facts == nil:
		a.facts = map[aheadKey]aheadFact{}
	}
	a.facts[k] = newest
	return true
}

// supersedes reports whether an event that stands at v with these facts is made
// untrue by what lies ahead.
func (a *ahead) supersedes(appointment string, v domain.Version, f domain.Facts) bool {
	k := newAheadKey(appointment, v.Revision != nil)
	fact, known := a.facts[k]
	return known && fact.version(k).Newer(v) && (fact.facts().Differ(f) || fact.denies(v.Revision))
}

// knows reports whether an event of the appointment lies ahead.
func (a *ahead) knows(appointment string) bool {
	if len(a.facts) == 0 {
		return false
	}
	_, plain := a.facts[newAheadKey(appointment, false)]
	_, revised := a.facts[newAheadKey(appointment, true)]
	return plain || revised
}

// knowsOther reports whether an event of e's appointment lies ahead beside e
// itself, which stands at offset.
func (a *ahead) knowsOther(e *domain.Event, offset int64) bool {
	if len(a.facts) == 0 {
		return false
	}
	own := newAheadKey(e.AppointmentID, e.Revision != nil)
	fact, known := a.facts[own]
	own[0] ^= 1
	_, other := a.facts[own]
	return other || known && (fact.leads() || fact.offset() != offset)
}

// caughtUp drops the facts that the queue, which goes on at position, now holds itself.
// appointment is that of the event that the queue took in last. A fact that outdates an
// event behind it is kept until the queue has reached next.
func (a *ahead) caughtUp(position int64, appointment string, revised bool) {
	if position >= a.next {
		a.clear()
		return
	}
	if len(a.facts) == 0 {
		return
	}
	k := newAheadKey(appointment, revised)
	if fact, known := a.facts[k]; known && fact.offset() < position && !fact.leads() {
		delete(a.facts, k)
		a.held.Add(-1)
	}
}

// clear forgets everything.
func (a *ahead) clear() {
	a.held.Add(-int64(len(a.facts)))
	a.facts, a.missed = nil, 0
}

// from returns where the next look begins: at the end of the last one, or at the first
// event that found no room, if there is room now.
func (a *ahead) from(position int64) int64 {
	if a.missed > 0 && a.held.Load() < maxAhead*9/10 {
		next := a.missed
		a.missed = 0
		return max(position, next)
	}
	return max(position, a.next)
}
