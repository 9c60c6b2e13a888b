package delivery

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// delays are the pauses that the provider asked for.
type delays struct {
	// until holds, for each recipient that was told to wait, the end of the wait.
	// Entries that are over are dropped when the next one is added.
	until map[string]time.Time
	// last is the recipient that was told to wait last; empty once a message was
	// accepted since.
	last string
}

// limited tells the gate that the provider named a delay. The delay holds for the
// recipient only, until a second recipient gets one while the first still waits and
// nothing was accepted in between. Then the shorter of the two holds for the whole
// channel.
func (g *Gate) limited(p permit, recipient string, f *domain.Failure) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now, wait := time.Now(), f.RetryAfter
	d := &g.delays
	first := d.until[d.last].Sub(now)
	account := g.halted && g.class == domain.ClassConfiguration
	switch {
	case g.delayed && !p.probe:
		// This send began before the channel was delayed; its message waits with the
		// rest.
	case g.delayed:
		g.queue.try(recipient)
		g.delay(f, wait)
	case d.last != "" && d.last != recipient && first > 0 && !account:
		g.queue.try(recipient)
		g.queue.try(d.last)
		delete(d.until, d.last)
		delete(d.until, recipient)
		g.delay(f, min(first, wait))
	default:
		for r, until := range d.until {
			if !until.After(now) {
				delete(d.until, r)
			}
		}
		d.until[recipient], d.last = now.Add(wait), recipient
	}
}

// mustWait reports whether recipient's own delay is still running.
func (g *Gate) mustWait(recipient string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return time.Until(g.delays.until[recipient]) > 0
}

// sitOut waits while recipient's own delay lasts, at the longest until latest.
// waited reports whether it had to.
func (g *Gate) sitOut(p patience, recipient string, latest time.Time) (waited bool, err error) {
	for {
		g.mu.Lock()
		until, changed := g.delays.until[recipient], g.changed
		g.mu.Unlock()
		if until.After(latest) {
			until = latest
		}
		d := time.Until(until)
		if d <= 0 {
			return waited, nil
		}
		waited = true
		p.doze(changed, d)
		if err := p.over(); err != nil {
			return true, err
		}
	}
}
