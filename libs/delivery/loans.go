package delivery

import (
	"sync"
	"time"
)

// lend runs wait, which waits for a claim's acknowledgement, and gives the slot back
// when that takes longer than ClaimPatience. Otherwise a lane whose ledger partition
// has stalled would come to hold all slots and stop all other lanes.
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

// giveUp releases the slot if its owner still waits in that loan, which may have ended
// at the moment it became due.
func (s *Slot) giveUp(number uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lent && s.loans == number {
		s.release()
	}
}

// loans ends the loans that last too long. All have the same limit, so one timer serves
// them in the order in which they began; a timer for each loan cost more than the rest
// of the loan.
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

// end gives up the loans that are due and sets the timer for the rest.
func (l *loans) end() {
	for _, due := range l.take(time.Now()) {
		due.slot.giveUp(due.number)
	}
}

// take removes the loans that are due and those before them that have ended. Nearly all
// have ended by then, so the timer fires only a few times a second, however many loans
// begin.
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
		l.line = nil // the next loans get a new array
	}
	return due
}
