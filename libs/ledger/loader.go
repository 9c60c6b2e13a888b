package ledger

import "time"

// Loader folds a log into an Index, with the result of Index.Fold for each record but
// without its cost: most claims are settled soon after, and such claims are never
// copied to the heap. It is not safe for concurrent use.
type Loader struct {
	index   *Index
	since   time.Time
	pending pending
}

// NewLoader returns a loader of an empty log. since is when the leases of the claims
// left in doubt start to count for this process (see ports.Claim).
func NewLoader(since time.Time) *Loader {
	return &Loader{index: NewIndex(), since: since, pending: newPending()}
}

// Fold adds the next record of the log, see Index.Fold.
func (l *Loader) Fold(r *Line, at time.Time) (counts bool) {
	x := l.index
	if r.Kind == KindFence {
		x.token = string(r.Token)
		return true
	}
	s := r.event
	id := x.appointmentIn(r.appointment)
	effect := x.take(r.Kind, id, &s, at, string(r.Token) == x.token)
	if effect&accepts != 0 {
		x.recent.keep(s.key, s.mark, r.code)
	}
	switch {
	case effect&inDoubt != 0:
		l.doubt(pendingKey{id, s.key}, r.value, at)
	case effect&settles != 0:
		l.settle(pendingKey{id, s.key}, r)
	}
	return effect&counted != 0
}

// doubt keeps a record that leaves its key in doubt.
func (l *Loader) doubt(key pendingKey, value []byte, at time.Time) {
	if l.pending.full() {
		l.resolve()
	}
	l.pending.add(key, value, at)
}

func (l *Loader) settle(key pendingKey, r *Line) {
	l.pending.drop(key)
	if len(l.index.doubts) > 0 {
		l.index.doubts.settle(&r.key, string(r.appointment))
	}
}

// resolve hands the records that are still in doubt to the index, in the order of the
// log.
func (l *Loader) resolve() {
	l.pending.take(func(value []byte, at time.Time) {
		if e, err := Unmarshal(value); err == nil { // always nil: the value was scanned before
			l.index.doubts.keep(e.Claim, e.Kind, at, l.since)
		}
	})
}

// Index ends the loading and returns what was loaded.
func (l *Loader) Index() *Index {
	l.resolve()
	return l.index
}
