package delivery

// Borrow takes a send slot for a call that can wait, such as a question about a
// receipt. It returns false instead of waiting. Senders come first: the last free slot
// is kept for them, unless the process has only one, and while a sender waits no slot
// is free. release must be called once.
func (s *Slots) Borrow() (release func(), ok bool) {
	if !s.sends.borrow() {
		return nil, false
	}
	return s.sends.giveBack, true
}

func (q *sendQueue) borrow() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.free < min(2, q.size) {
		return false
	}
	q.free--
	return true
}

func (q *sendQueue) giveBack() {
	q.mu.Lock()
	q.free++
	served := q.serve()
	q.mu.Unlock()
	wake(served)
}

// DoubtsWait reports whether all concurrent look-ups of doubts are in use, so that
// further doubts may have to wait.
func (d *Deliverer) DoubtsWait() bool { return len(d.lookUps) == cap(d.lookUps) }
