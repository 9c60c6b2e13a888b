package engine

// hold keeps q from starting while the ledger acknowledges nothing, and reports whether
// it did. A started record would only wait for its claim, and the number of open claims
// must stay bounded by the slots. The other lanes go on. Settlements of messages that
// were sent are never held. The caller holds mu.
func (l *lane) hold(q *queue) bool {
	relief := l.epoch.ledger.Late()
	if relief == nil {
		return false
	}
	q.listed = true // otherwise each record that arrives would list it again
	if l.held = append(l.held, q); len(l.held) == 1 {
		go l.unhold(l.epoch, relief)
	}
	return true
}

// unhold lists the held queues when the ledger acknowledges again or the epoch ends.
// The next epoch lists all queues anew.
func (l *lane) unhold(e *epoch, relief <-chan struct{}) {
	select {
	case <-relief:
	case <-e.ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	held := l.held
	l.held = nil
	for _, q := range held {
		q.listed = false
		l.list(q)
	}
}
