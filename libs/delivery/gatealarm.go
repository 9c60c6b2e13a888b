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

// rest ends the alarm when a probe is due and no message needs the provider any more:
// the halted messages were found, skipped or given up. An operator need not act then,
// and without a message to probe with the gate would never open. It stays halted, so
// the next message is a probe.
func (g *Gate) rest() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.halted && g.alarm && g.idle() {
		g.alarm = false
		g.observer.Halted(g.channel, ports.Halt{})
	}
}

// idle reports whether a probe is due and there is no message to probe with.
func (g *Gate) idle() bool {
	return g.queue.waiters == 0 && g.stakes == 0 && !time.Now().Before(g.next)
}

// accountRefused reports whether our account is refused and messages still probe it.
// The provider then refuses look-ups too, and such a refusal says nothing about the
// message in doubt. Once no message probes any more, the look-up is the only evidence
// left.
func (g *Gate) accountRefused() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.halted && g.class == domain.ClassConfiguration && (g.queue.waiters > 0 || time.Now().Before(g.next))
}

// stake is held by a message that needs the provider without waiting at the gate: a
// probe under way, or a look-up that gets no answer. While one is held, a halt keeps
// its alarm. It belongs to one goroutine.
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
