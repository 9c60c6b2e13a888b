package delivery

import (
	"sync"
	"time"
)

// lend runs wait, which waits for a claim's acknowledgement, and gives the slot
// back when that takes longer than ClaimPatience. Otherwise a lane whose ledger
// partition has stalled would hold all slots in the end, and stop all others.
func (s *Slot) lend(wait func() error) error {
	s.slots.loans.add(s, s.beginLoan())
	defer s.endLoan()
	return wait()
}

func (s *Slot) beginLoan() (number uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lent = true
	s.loans++
	return s.loans
}

func (s *Slot) endLoan() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lent = false
}

// lasts reports whether the slot's owner still waits in that loan.
func (s *Slot) lasts(number uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lent && s.loans == number
}

// giveUp releases the slot if its owner still waits in that loan: that may end in the
// very moment in which it is due.
func (s *Slot) giveUp(number uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lent && s.loans == number {
		s.release()
	}
}

// loans ends those that last too long. All may last equally long, so that one timer
// serves them in the order in which they began: one for each loan cost more than the
// rest of it.
type loans struct {
	mu    sync.Mutex
	line  []loan
	timer *time.Timer
	// armed is set while the timer runs.
	armed bool
}

type loan struct {
	slot   *Slot
	number uint64
	due    time.Time
}

func (l *loans) add(s *Slot, number uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.line = append(l.line, loan{s, number, time.Now().Add(ClaimPatience)})
	if !l.armed {
		l.arm(ClaimPatience)
	}
}

// arm is called with mu held.
func (l *loans) arm(d time.Duration) {
	l.armed = true
	if l.timer == nil {
		l.timer = time.AfterFunc(d, l.end)
	} else {
		l.timer.Reset(d)
	}
}

// end gives up what is due, and waits for what is left.
func (l *loans) end() {
	for _, due := range l.take(time.Now()) {
		due.slot.giveUp(due.number)
	}
}

// take removes what is due, and what has ended before: nearly all have by then, so
// that the timer fires a few times a second, however many begin.
func (l *loans) take(now time.Time) (due []loan) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for n < len(l.line) && (!l.line[n].due.After(now) || !l.line[n].slot.lasts(l.line[n].number)) {
		n++
	}
	due, l.line = l.line[:n], l.line[n:]
	if l.armed = len(l.line) > 0; l.armed {
		l.arm(l.line[0].due.Sub(now))
	} else {
		l.line = nil // what follows has room of its own
	}
	return due
}
