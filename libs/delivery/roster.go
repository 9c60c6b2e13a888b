package delivery

// roster is who waits at a halted gate, by recipient, and which recipients were
// tried in vain since the round began. Probes take those first that were not: a
// recipient that is refused for its own sake would probe for ever.
type roster struct {
	waiting map[string]int
	tried   map[string]bool
	// waiters counts all who wait, fresh the waiting recipients not tried yet.
	waiters, fresh int
}

func newRoster() roster { return roster{waiting: map[string]int{}, tried: map[string]bool{}} }

func (r *roster) join(recipient string) {
	r.waiters++
	r.waiting[recipient]++
	if r.waiting[recipient] == 1 && !r.tried[recipient] {
		r.fresh++
	}
}

// leave reports whether no recipient is left that was not tried yet.
func (r *roster) leave(recipient string) bool {
	r.waiters--
	r.waiting[recipient]--
	if r.waiting[recipient] > 0 {
		return false
	}
	delete(r.waiting, recipient)
	if r.tried[recipient] {
		return false
	}
	r.fresh--
	return r.fresh == 0
}

// try marks a recipient as tried in vain.
func (r *roster) try(recipient string) {
	if r.tried[recipient] {
		return
	}
	r.tried[recipient] = true
	if r.waiting[recipient] > 0 {
		r.fresh--
	}
}

// turn reports whether recipient may probe. When all were tried, a new round
// begins; so what is kept is bounded by who waits.
func (r *roster) turn(recipient string) bool {
	if !r.tried[recipient] {
		return true
	}
	if r.fresh > 0 {
		return false
	}
	r.reset()
	return true
}

func (r *roster) reset() {
	clear(r.tried)
	r.fresh = len(r.waiting)
}
