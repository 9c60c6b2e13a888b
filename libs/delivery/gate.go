package delivery

import (
	"sync"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Limits of the gate.
const (
	// haltRecipients is how many different recipients must fail in a row before
	// the provider, not a message, is held to be at fault. The same number must
	// get a refusal that may be about the account.
	haltRecipients = 3
	// haltUnreachable is the same for failures that never reached the provider
	// and so say nothing about a recipient.
	haltUnreachable = 3
	// haltUnrecognized is how many different recipients must get a refusal that is in
	// no provider table before it counts as a fault of the configuration.
	haltUnrecognized = 10

	// An outage is probed often, so that sending resumes within seconds; a probe of an
	// outage asks before it sends (see run.probe). A fault of the configuration needs a
	// person and is probed more rarely. A delay that the provider asks for may be a
	// day: it is kept, but probed now and then.
	outageProbeFirst        = time.Second
	outageProbeMax          = 5 * time.Second
	configurationProbeFirst = 5 * time.Second
	configurationProbeMax   = 30 * time.Second
	delayProbe              = 5 * time.Minute
)

// Gate halts all sending through one provider while it does not work: the
// topic keeps the backlog, attempts are not burned, nothing is dead-lettered.
// It lets one probe through at a time and opens again by itself. Safe for
// concurrent use.
//
// It differs from a circuit breaker of the usual kind in three points: callers
// wait instead of failing, failures count by recipient, and a probe may be
// overtaken by the next one, so that a provider that never answers does not
// stretch the pause by its timeout.
type Gate struct {
	channel  domain.Channel
	observer ports.Observer

	mu     sync.Mutex
	halted bool
	class  domain.Class
	code   string
	ask    bool
	// delayed is set while the provider itself asked for the pause.
	delayed  bool
	interval time.Duration
	next     time.Time
	overdue  *time.Timer
	changed  chan struct{}
	// opened is closed, and made anew, when the gate opens.
	opened chan struct{}
	// alarm reports whether the observer was last told of a halt; stakes counts the
	// messages that do not wait at the gate but need the provider.
	alarm  bool
	stakes int

	queue        roster
	failing      map[string]bool
	unrecognized map[string]bool
	unreachable  int
	refusals     refusals
	delays       delays
}

// NewGate returns an open gate.
func NewGate(ch domain.Channel, o ports.Observer) *Gate {
	return &Gate{
		channel: ch, observer: guarded{o}, changed: make(chan struct{}), opened: make(chan struct{}), queue: newRoster(),
		failing: map[string]bool{}, unrecognized: map[string]bool{},
		refusals: refusals{recent: map[string]bool{}}, delays: delays{until: map[string]time.Time{}},
	}
}

// permit lets one send through the gate.
type permit struct {
	// probe is set on the one send that may try a halted provider.
	probe bool
	// ask is set on a probe when the provider was out of reach: it is asked
	// something harmless before a message is risked.
	ask bool
	// began numbers the start of the call among the events at the gate.
	began uint64
}

// Halted reports whether sending is halted now.
func (g *Gate) Halted() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.halted
}

// enter waits until the gate is open or the caller may probe. waited reports
// whether it had to wait.
func (g *Gate) enter(p patience, recipient string) (granted permit, waited bool, err error) {
	for {
		if err := p.over(); err != nil {
			return permit{}, waited, err
		}
		granted, ok, changed, wait := g.try(recipient)
		if ok {
			return granted, waited, nil
		}
		if !waited {
			waited = true
			g.join(recipient)
			defer g.leave(recipient)
		}
		p.doze(changed, wait)
	}
}

func (g *Gate) join(recipient string) {
	g.mu.Lock()
	g.queue.join(recipient)
	g.mu.Unlock()
	g.observer.Waiting(g.channel, ports.WaitGate, 1)
}

func (g *Gate) leave(recipient string) {
	g.mu.Lock()
	if last := g.queue.leave(recipient); last && g.halted {
		g.signal() // recipients that were tried already no longer wait for untried ones
	}
	g.mu.Unlock()
	g.observer.Waiting(g.channel, ports.WaitGate, -1)
}

func (g *Gate) try(recipient string) (p permit, ok bool, changed <-chan struct{}, wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.halted {
		return permit{}, true, nil, 0
	}
	now := time.Now()
	if wait := g.next.Sub(now); wait > 0 {
		return permit{}, false, g.changed, wait
	}
	if !g.queue.turn(recipient) {
		return permit{}, false, g.changed, g.interval
	}
	// The next probe does not wait for this one's end: a provider that never
	// answers would stretch the pause by its timeout.
	p = permit{probe: true, ask: g.ask}
	g.interval = min(g.probeMax(), 2*g.interval)
	g.schedule(now.Add(g.interval))
	return p, true, nil, 0
}

// opening returns a channel that is closed when the gate opens the next time.
func (g *Gate) opening() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.opened
}

// begin numbers the start of a call.
func (g *Gate) begin(p permit) permit {
	g.mu.Lock()
	defer g.mu.Unlock()
	p.began = g.refusals.tick()
	return p
}

// passOn lets another message probe at once, of another recipient if there is
// one.
func (g *Gate) passOn(recipient string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.halted {
		g.queue.try(recipient)
		g.schedule(time.Now())
	}
}

// probeMax is the longest pause between two probes.
func (g *Gate) probeMax() time.Duration {
	switch {
	case g.class == domain.ClassConfiguration:
		return configurationProbeMax
	case g.delayed:
		return delayProbe
	default:
		return outageProbeMax
	}
}
