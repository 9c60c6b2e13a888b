package delivery

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// sound raises the alarm; g.mu is held.
func (g *Gate) sound() {
	g.alarm = true
	g.observer.Halted(g.channel, ports.Halt{Halted: true, Class: g.class, Code: g.code, Until: g.next})
}

// rest ends the alarm when a probe is due and the halt matters to nobody: what
// was halted has been found, skipped or given up, so nobody has to act and
// nobody would ever open the gate. The next message is still a probe.
func (g *Gate) rest() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.halted && g.alarm && g.idle() {
		g.alarm = false
		g.observer.Halted(g.channel, ports.Halt{})
	}
}

// idle reports whether a probe is due and nothing is there to be it.
func (g *Gate) idle() bool {
	return g.queue.waiters == 0 && g.stakes == 0 && !time.Now().Before(g.next)
}

// accountRefused reports whether our account is refused and messages go on
// finding out: then the provider refuses questions too, which says nothing about
// what was asked. Once no message probes any more, a question is the only
// evidence there is.
func (g *Gate) accountRefused() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.halted && g.class == domain.ClassConfiguration && (g.queue.waiters > 0 || time.Now().Before(g.next))
}

// stake is held by a message that does not wait at the gate but needs the provider all
// the same: a probe under way, a question that gets no answer. While one is
// held, a halt keeps its alarm. It belongs to one goroutine.
type stake struct {
	gate *Gate
	held bool
}

func (g *Gate) newStake() stake { return stake{gate: g} }

// hold takes the stake, or gives it up.
func (s *stake) hold(want bool) {
	if s.held == want {
		return
	}
	s.held = want
	s.gate.count(want)
}

func (g *Gate) count(up bool) {
	if !up {
		defer g.rest()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if !up {
		g.stakes--
		return
	}
	g.stakes++
	if g.halted && !g.alarm {
		g.sound()
	}
}
