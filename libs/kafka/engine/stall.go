package engine

// hold keeps q from starting while the ledger acknowledges nothing, and reports
// whether it did. Records that were started would only wait for their claims,
// and claims must not run ahead of the slots without bound. The other lanes go
// on; settlements of what was sent are never held. The caller holds mu.
func (l *lane) hold(q *queue) bool {
	relief := l.epoch.ledger.Late()
	if relief == nil {
		return false
	}
	q.listed = true // or every record that arrives would list it again
	if l.held = append(l.held, q); len(l.held) == 1 {
		go l.unhold(l.epoch, relief)
	}
	return true
}

// unhold lists what is held when the ledger acknowledges again or the epoch
// ends. In the next epoch the queues are looked at afresh.
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
