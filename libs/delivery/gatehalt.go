package delivery

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// halt stops sending. While it is stopped already, only a probe that failed in
// another way changes anything.
func (g *Gate) halt(p permit, f *domain.Failure) {
	if g.halted && (!p.probe || g.class == f.Class && !g.delayed) {
		return
	}
	g.halted, g.delayed, g.class, g.code = true, false, f.Class, f.Code
	g.ask, g.interval = f.Class == domain.ClassTransient, outageProbeFirst
	if f.Class == domain.ClassConfiguration {
		g.interval = configurationProbeFirst
	}
	g.schedule(time.Now().Add(g.interval))
}

// delay halts for as long as the provider asked, with a probe now and then.
func (g *Gate) delay(f *domain.Failure, d time.Duration) {
	g.halted, g.delayed, g.ask = true, true, false
	g.class, g.code, g.interval = domain.ClassTransient, f.Code, delayProbe
	g.schedule(time.Now().Add(min(d, delayProbe)))
}

// open lets sending go on.
func (g *Gate) open() {
	g.halted, g.delayed, g.alarm = false, false, false
	g.queue.reset()
	g.signal()
	close(g.opened)
	g.opened = make(chan struct{})
	g.observer.Halted(g.channel, ports.Halt{})
}

// schedule sets when the next probe is due and wakes all waiting callers.
func (g *Gate) schedule(next time.Time) {
	g.next = next
	g.signal()
	g.sound()
	if g.overdue != nil {
		g.overdue.Stop()
	}
	g.overdue = time.AfterFunc(time.Until(next), g.rest)
}

// signal wakes all callers that wait at the gate.
func (g *Gate) signal() {
	close(g.changed)
	g.changed = make(chan struct{})
}
