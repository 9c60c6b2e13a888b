package delivery

// Borrow takes a send slot for a call that can wait, if senders leave one to spare: the
// last one is theirs, and so is every one while any of them waits. It never waits
// itself. release is called once. With a single slot, that one is lent while it is free.
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

// DoubtsWait reports whether more doubts want to be asked about than may at once.
func (d *Deliverer) DoubtsWait() bool { return len(d.lookUps) == cap(d.lookUps) }
