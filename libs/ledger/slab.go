package ledger

import (
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// entry is the record of one key in an index: 72 bytes without pointers.
type entry struct {
	key shortKey
	// offset, timestamp and revision are those of the newest event with the key. The
	// timestamp is in Unix milliseconds, 0 if unknown.
	offset, timestamp, revision int64
	// instant is the facts' time in Unix milliseconds.
	instant int64
	// next points to the appointment's next event, see Index.heads.
	next ref
	// seen is the hour of the last record, for Forget.
	seen uint32
	// mark identifies the record for which the key was sent; 0 if it was not sent.
	mark uint32
	// told orders the keys by the time of their sending, see toldAfter.
	told      uint32
	recipient domain.RecipientTag
	state     ports.State
	flags     flags
}

type flags uint8

const (
	revised flags = 1 << iota
	cancels
	// informed is set if the facts are known.
	informed
	// withdrawn is set if the key was noted as superseded and has not been claimed
	// since.
	withdrawn
)

// anonymous reports whether the entry is of an event without a key. Such an entry only
// shows which event is newest.
func (e *entry) anonymous() bool { return e.key == shortKey{} }

// kind reports whether the event has a revision. Only events of the same kind have an
// order.
func (e *entry) kind() flags { return e.flags & revised }

// newer reports whether e was published after o, of the same kind. Different revisions
// decide. Otherwise the timestamp decides before the offset, because a topic that was
// created again restarts its offsets. If a timestamp is unknown, the offset decides.
func (e *entry) newer(o *entry) bool {
	if e.kind() != 0 && e.revision != o.revision {
		return e.revision > o.revision
	}
	if e.timestamp != 0 && o.timestamp != 0 && e.timestamp != o.timestamp {
		return e.timestamp > o.timestamp
	}
	return e.offset > o.offset
}

// displaces reports whether e takes o's place as the newest of their kind. A
// withdrawn event does so only if its revision or its timestamp proves it, not by
// its offset alone:
//
//	book (offset 1), cancel (offset 2, claimed), book again by a relay that repeats itself (offset 3)
//	by its offset the withdrawn booking would hide the cancellation from a replay of any other event
func (e *entry) displaces(o *entry) bool {
	proven := e.kind() != 0 && e.revision != o.revision || e.timestamp != 0 && o.timestamp != 0 && e.timestamp != o.timestamp
	return e.newer(o) && (proven || e.flags&withdrawn == 0)
}

// tells reports whether the entry's message told the recipient its time.
func (e *entry) tells(recipient domain.RecipientTag) bool {
	return e.state == ports.StateSent && e.recipient == recipient && e.flags&(informed|cancels) == informed
}

// toldAfter reports whether e was sent after o. The counter may wrap around; two keys
// in the index are never half of its range apart.
func (e *entry) toldAfter(o *entry) bool { return int32(e.told-o.told) > 0 } //nolint:gosec // wraps on purpose

// ref is the place of an entry in a slab; 0 is no entry.
type ref uint32

// slab holds entries in pieces: a map of entries of this size would leave a
// third of its memory empty, a slice would be copied whenever it grows.
type slab struct {
	pieces []*[pieceSize]entry
	used   ref
	free   []ref
}

const pieceSize = 113 // just below 8 KiB, which is a size that Go allocates

func (s *slab) at(r ref) *entry { return &s.pieces[(r-1)/pieceSize][(r-1)%pieceSize] }

func (s *slab) add(e *entry) ref {
	if n := len(s.free); n > 0 {
		r := s.free[n-1]
		s.free = s.free[:n-1]
		*s.at(r) = *e
		return r
	}
	if int(s.used) == len(s.pieces)*pieceSize {
		s.pieces = append(s.pieces, new([pieceSize]entry))
	}
	s.used++
	*s.at(s.used) = *e
	return s.used
}

// put replaces the entry at r, keeps its next, and returns the old entry.
func (s *slab) put(r ref, e *entry) (old entry) {
	at := s.at(r)
	old = *at
	*at = *e
	at.next = old.next
	return old
}

func (s *slab) remove(r ref) { s.free = append(s.free, r) }

func (s *slab) len() int { return int(s.used) - len(s.free) }
