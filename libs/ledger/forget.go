package ledger

import (
	"time"
)

// Forget drops the keys that were last recorded before t and are not in doubt, as
// retention does in the log. The index of a long-lived process would grow for ever
// otherwise. The newest events of an appointment stay for as long as any of its keys
// does.
func (x *Index) Forget(t time.Time) {
	limit := hours(t)
	doubted := map[appointment]bool{}
	for id := range x.doubts {
		doubted[x.appointment(id)] = true
	}
	for id := range x.heads {
		x.forgetOthers(id, limit)
		if !doubted[id] {
			x.forgetNewest(id, limit)
		}
	}
}

// forgetOthers drops the old events behind the newest ones.
func (x *Index) forgetOthers(id appointment, limit uint32) {
	kept := x.lastHead(x.heads[id])
	for r := x.slab.at(kept).next; r != 0; r = x.slab.at(kept).next {
		e := x.slab.at(r)
		if e.seen >= limit || e.state.InDoubt() {
			kept = r
			continue
		}
		x.slab.at(kept).next = e.next
		delete(x.older, e.key)
		x.slab.remove(r)
	}
}

// forgetNewest drops the newest events if they are old. All other events of the
// appointment are older still, see refresh.
func (x *Index) forgetNewest(id appointment, limit uint32) {
	head := x.heads[id]
	if other := x.slab.at(head).next; other != 0 && x.slab.at(other).seen < limit {
		x.slab.at(head).next = 0
		x.slab.remove(other)
	}
	if x.slab.at(head).seen >= limit {
		return
	}
	if other := x.slab.at(head).next; other != 0 {
		x.heads[id] = other
	} else {
		delete(x.heads, id)
	}
	x.slab.remove(head)
}
