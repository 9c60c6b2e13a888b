package console

import (
	"sync"
	"time"
)

const (
	// maxFailures is how many log-ins may fail at once from one address, and
	// failuresPerMinute how many more in each minute after that.
	maxFailures       = 10
	failuresPerMinute = 10
	// maxAddresses bounds how many addresses are remembered. All others share one
	// allowance.
	maxAddresses = 1000
)

// attempts limits failed log-ins. An attempt is taken before its password is checked
// and given back if the password was right, so that simultaneous guesses count as well.
type attempts struct {
	mu   sync.Mutex
	left map[string]*allowance
}

type allowance struct {
	left float64
	at   time.Time
}

func newAttempts() *attempts { return &attempts{left: make(map[string]*allowance)} }

// take takes one attempt of the address; it returns false if none is left.
func (a *attempts) take(from string, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.of(from, now)
	l.left = min(maxFailures, l.left+now.Sub(l.at).Minutes()*failuresPerMinute)
	l.at = now
	if l.left < 1 {
		return false
	}
	l.left--
	return true
}

// giveBack gives back the attempt of a successful log-in.
func (a *attempts) giveBack(from string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if l := a.left[from]; l != nil {
		l.left++
	} else if l := a.left[""]; l != nil {
		l.left++
	}
}

// of returns the allowance of the address. Allowances that are full again are
// forgotten.
func (a *attempts) of(from string, now time.Time) *allowance {
	if l := a.left[from]; l != nil {
		return l
	}
	if len(a.left) >= maxAddresses {
		for address, l := range a.left {
			if now.Sub(l.at) > time.Minute*maxFailures/failuresPerMinute {
				delete(a.left, address)
			}
		}
	}
	if len(a.left) >= maxAddresses {
		from = ""
	}
	if a.left[from] == nil {
		a.left[from] = &allowance{left: maxFailures, at: now}
	}
	return a.left[from]
}
