package delivery

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// delays are the pauses that the provider asked for.
type delays struct {
	// until holds who was told to wait; what is over is dropped on the next
	// entry.
	until map[string]time.Time
	// last is who was told so last, if nothing was accepted since.
	last string
}

// limited tells the gate that the provider named a delay. It is the recipient's
// until a second one gets one while the first still waits and nothing was
// accepted in between: then it is the channel's, and the shorter one counts.
func (g *Gate) limited(p permit, recipient string, f *domain.Failure) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now, wait := time.Now(), f.RetryAfter
	d := &g.delays
	first := d.until[d.last].Sub(now)
	account := g.halted && g.class == domain.ClassConfiguration
	switch {
	case g.delayed && !p.probe:
		// Under way since before the channel was delayed: it waits with the rest.
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

// mustWait reports whether recipient's own delay lasts.
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
