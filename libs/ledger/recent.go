package ledger

// Recent is how many of the messages that were accepted last an index knows the
// provider's id of. A record of which the outcome was not told before a crash is
// among them: it is above the commit of its lane, and so were at most as many as a
// lane may hold. More would cost an index of many lanes too much, so a lane that
// held thousands above its commit tells some outcomes without the id.
const Recent = 1024

// recent keeps provider ids until they are dropped, the newest Recent of them. The
// zero value is ready.
type recent struct {
	ring    []accepted
	next    int
	dropped bool
}

type accepted struct {
	key        shortKey
	mark       uint32
	providerID []byte
}

func (r *recent) keep(key shortKey, mark uint32, providerID []byte) {
	if r.dropped || len(providerID) == 0 {
		return
	}
	if len(r.ring) < Recent {
		r.ring = append(r.ring, accepted{})
	}
	a := &r.ring[r.next]
	a.key, a.mark, a.providerID = key, mark, append(a.providerID[:0], providerID...)
	r.next = (r.next + 1) % Recent
}

// find returns the id of the message that was accepted for a key; empty when it
// is not known.
func (r *recent) find(key shortKey, mark uint32) string {
	for i := range r.ring {
		if a := &r.ring[i]; a.key == key && a.mark == mark {
			return string(a.providerID)
		}
	}
	return ""
}

// DropRecent forgets the provider ids, and keeps none from now on. Only what was
// delivered before a takeover is ever asked for, and soon after it.
func (x *Index) DropRecent() { x.recent = recent{dropped: true} }
