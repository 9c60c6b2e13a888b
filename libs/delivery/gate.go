package delivery

import (
	"context"
	"sync"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Limits of the gate.
const (
	// haltRecipients is how many different recipients must fail in a row before
	// the provider, not a message, is held to be at fault.
	haltRecipients = 3
	// haltUnreachable is the same for failures that never reached the provider
	// and so say nothing about a recipient.
	haltUnreachable = 3
	// haltUnrecognized is how many different recipients must get a refusal that
	// stands in no table before it counts as a fault of the configuration.
	haltUnrecognized = 10

	// An outage is probed often, so that sending resumes within seconds; a
	// probe of an outage asks before it sends (see run.probe). A fault of the
	// configuration needs a person and is probed more rarely.
	outageProbeFirst        = time.Second
	outageProbeMax          = 5 * time.Second
	configurationProbeFirst = 5 * time.Second
	configurationProbeMax   = 30 * time.Second
)

// Gate halts all sending through one provider while it does not work: the
// topic keeps the backlog, attempts are not burned, nothing is dead-lettered.
// It lets one probe through at a time and opens again by itself. Safe for
// concurrent use.
//
// It differs from a circuit breaker of the usual kind in three points: callers
// wait instead of failing, failures count by recipient, and a probe may be
// overtaken by the next one, so that a provider that never answers does not
// stretch the pause by its time-out.
type Gate struct {
	channel  domain.Channel
	observer ports.Observer

	mu     sync.Mutex
	halted bool
	class  domain.Class
	code   string
	ask    bool
	// delayed is set while the provider itself asked for the pause.
	delayed      bool
	interval     time.Duration
	next         time.Time
	overdue      *time.Timer
	waiting      int
	changed      chan struct{}
	failing      map[string]bool
	unrecognized map[string]bool
	unreachable  int
}

// NewGate returns an open gate.
func NewGate(ch domain.Channel, o ports.Observer) *Gate {
	return &Gate{
		channel: ch, observer: o, changed: make(chan struct{}),
		failing: map[string]bool{}, unrecognized: map[string]bool{},
	}
}

// permit lets one send through the gate.
type permit struct {
	// probe is set on the one send that may try a halted provider.
	probe bool
	// ask is set on a probe when the provider was out of reach: it is asked
	// something harmless before a message is risked.
	ask bool
}

// Halted tells whether sending is halted now.
func (g *Gate) Halted() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.halted
}

// enter waits until the gate is open or the caller may probe. waited tells
// whether it had to wait.
func (g *Gate) enter(ctx context.Context) (p permit, waited bool, err error) {
	for {
		if ctx.Err() != nil {
			return permit{}, waited, context.Cause(ctx)
		}
		p, ok, changed, wait := g.try()
		if ok {
			return p, waited, nil
		}
		if !waited {
			waited = true
			g.wait(1)
			defer g.wait(-1)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

func (g *Gate) wait(delta int) {
	g.mu.Lock()
	g.waiting += delta
	g.mu.Unlock()
	g.observer.Waiting(g.channel, ports.WaitGate, delta)
}

func (g *Gate) try() (p permit, ok bool, changed <-chan struct{}, wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.halted {
		return permit{}, true, nil, 0
	}
	now := time.Now()
	if wait := g.next.Sub(now); wait > 0 {
		return permit{}, false, g.changed, wait
	}
	// The next probe does not wait for this one's end: a provider that never
	// answers would stretch the pause by its time-out.
	p = permit{probe: true, ask: g.ask}
	g.delayed = false
	g.interval = min(probeMax(g.class), 2*g.interval)
	g.schedule(now.Add(g.interval))
	return p, true, nil, 0
}

// schedule sets when the next probe is due and tells everybody who waits.
func (g *Gate) schedule(next time.Time) {
	g.next = next
	close(g.changed)
	g.changed = make(chan struct{})
	g.observer.Halted(g.channel, ports.Halt{Halted: true, Class: g.class, Code: g.code, Until: next})
	if g.overdue != nil {
		g.overdue.Stop()
	}
	g.overdue = time.AfterFunc(time.Until(next), g.rest)
}

// rest ends the alarm when a probe is due and nothing waits to be one: what was
// halted has been found, skipped or given up, so nobody has to act and nobody
// would ever open the gate. The next message is still a probe.
func (g *Gate) rest() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.halted && g.waiting == 0 && !time.Now().Before(g.next) {
		g.observer.Halted(g.channel, ports.Halt{})
	}
}
