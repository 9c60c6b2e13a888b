package journal

import (
	"cmp"
	"slices"
	"time"
)

// Kinds of turns.
const (
	// Accepted is the first turn of each message; it is not written down.
	Accepted = "accepted"
	// Deferred is a failure for now, Delivered a delivery, Failed a failure for good,
	// Complained a complaint.
	Deferred   = "deferred"
	Delivered  = "delivered"
	Failed     = "failed"
	Complained = "complained"
	// Unsent is a failure for good of a message that never left.
	Unsent = "unsent"
	// OnItsWay takes back the status: the message is only sent again.
	OnItsWay = "sent"
)

// Turn is a later event of an accepted message.
type Turn struct {
	Kind string `json:"kind"`
	// After is how long after the acceptance it happens.
	After time.Duration `json:"after"`
	// Code is the provider's number for a failure.
	Code int `json:"code,omitempty"`
	// Late marks a failure after a delivery.
	Late bool `json:"late,omitempty"`
}

// Happening is one turn of one message.
type Happening struct {
	Entry Entry
	Turn  Turn
	// N is the turn's number; 0 is the acceptance.
	N int
}

// At is when it happens.
func (h Happening) At() int64 { return h.Entry.Time + int64(h.Turn.After) }

// Place orders happenings: by time, those of one instant by message and turn.
func (h Happening) Place() Place { return Place{h.At(), h.Entry.Seq, h.N} }

// Place is a happening's place in the order of all; the zero Place is before all.
type Place struct {
	At  int64  `json:"t"`
	Seq uint64 `json:"s"`
	N   int    `json:"n"`
}

// Compare orders places.
func (p Place) Compare(q Place) int {
	return cmp.Or(cmp.Compare(p.At, q.At), cmp.Compare(p.Seq, q.Seq), cmp.Compare(p.N, q.N))
}

// Happenings returns all turns of a message in their order, its acceptance first.
func (e Entry) Happenings() []Happening {
	all := []Happening{{Entry: e, Turn: Turn{Kind: Accepted}}}
	for i, t := range e.Turns {
		all = append(all, Happening{Entry: e, Turn: t, N: i + 1})
	}
	return all
}

// Now returns the last turn that has happened by now.
func (e Entry) Now() Turn {
	now := Turn{Kind: Accepted}
	for _, h := range e.Happenings() {
		if h.At() <= time.Now().UnixNano() {
			now = h.Turn
		}
	}
	return now
}

// moment is the time of a happening and its place in the file.
type moment struct {
	at   int64
	line int32
	n    int32
}

// note keeps the moments of a message in the order of time. Most are among the last.
func (x *index) note(e Entry, line int32) {
	for _, h := range e.Happenings() {
		m := moment{h.At(), line, int32(h.N)}
		at := len(x.moments)
		for at > 0 && x.moments[at-1].at > m.at {
			at--
		}
		x.moments = slices.Insert(x.moments, at, m)
	}
}

// Happened returns the happenings of e-mails in [from, to], newest first when
// descending, as a sequence that reads each entry on demand. It ends early if the file
// cannot be read.
func (j *Journal) Happened(from, to time.Time, descending bool) func(yield func(Happening) bool) {
	moments, lines := j.moments(from.UnixNano(), to.UnixNano())
	if descending {
		slices.Reverse(moments)
		slices.Reverse(lines)
	}
	return func(yield func(Happening) bool) {
		for i, m := range moments {
			e, err := j.at(lines[i])
			if err != nil || int(m.n) > len(e.Turns) || !yield(e.Happenings()[m.n]) {
				return
			}
		}
	}
}

func (j *Journal) moments(from, to int64) (found []moment, lines []line) {
	j.mu.Lock()
	defer j.mu.Unlock()
	all := j.index.moments
	first, _ := slices.BinarySearchFunc(all, from, func(m moment, at int64) int { return cmp.Compare(m.at, at) })
	for _, m := range all[first:] {
		if m.at > to {
			break
		}
		found, lines = append(found, m), append(lines, j.lines[m.line])
	}
	return found, lines
}
