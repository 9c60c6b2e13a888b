package ledger

// Recent is how many of the messages that were accepted last an index knows the
// provider's id of. A record of which the outcome was not told before a crash is
// among them: it is above the commit of its lane, and so were at most as many as a
// lane may hold. More would cost an index of many lanes too much, so a lane that
// held thousands above its commit tells some outcomes without the id.
const Recent = 4096

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
	providerID string
}

func (r *recent) keep(key shortKey, mark uint32, providerID string) {
	a := accepted{key, mark, providerID}
	switch {
	case r.dropped || providerID == "":
	case len(r.ring) < Recent:
		r.ring = append(r.ring, a)
	default:
		r.ring[r.next] = a
		r.next = (r.next + 1) % Recent
	}
}

// find returns the id of the message that was accepted for a key; empty when it
// is not known.
func (r *recent) find(key shortKey, mark uint32) string {
	for i := range r.ring {
		if a := &r.ring[i]; a.key == key && a.mark == mark {
			return a.providerID
		}
	}
	return ""
}

// DropRecent forgets the provider ids, and keeps none from now on. Only what was
// delivered before a takeover is ever asked for, and soon after it.
func (x *Index) DropRecent() { x.recent = recent{dropped: true} }
