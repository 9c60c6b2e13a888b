package ledger

// Recent is the number of most recently accepted messages whose provider id an index
// keeps. A record whose outcome was not published before a crash is above its lane's
// commit, so its message is usually among them. Keeping more would cost too much memory
// with many lanes: a lane that held thousands of records above its commit publishes
// some outcomes without the id.
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

// find returns the id of the message that was accepted for a key; empty if it is not
// known.
func (r *recent) find(key shortKey, mark uint32) string {
	for i := range r.ring {
		if a := &r.ring[i]; a.key == key && a.mark == mark {
			return string(a.providerID)
		}
	}
	return ""
}

// DropRecent forgets the provider ids and stops keeping new ones. They are only needed
// soon after a takeover, for messages that were sent before it.
func (x *Index) DropRecent() { x.recent = recent{dropped: true} }
