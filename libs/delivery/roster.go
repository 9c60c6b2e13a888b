package delivery

// roster holds the recipients that wait at a halted gate, and those that were tried in
// vain since the round began. Untried recipients probe first: otherwise a recipient
// that is refused for reasons of its own could probe for ever.
type roster struct {
	waiting map[string]int
	tried   map[string]bool
	// waiters counts all waiting callers, fresh the waiting recipients that are not
	// tried yet.
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

// leave reports whether the last untried recipient has left.
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

// turn reports whether recipient may probe. When all were tried, a new round begins, so
// the set of tried recipients is bounded by the number that wait.
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
