package engine

import (
	"sync"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// provider accepts messages unless its script says otherwise. It is the judge
// of what was lost and doubled. Set the functions before use; they run under
// its lock.
type provider struct {
	// latency is how long an answer takes.
	latency func() time.Duration
	// script, where set, says how the nth send of a key ends.
	script func(n ports.Notification, nth int) answer
	// visibility is how long an accepted message stays hidden from look-ups.
	visibility time.Duration
	// retention is how long an accepted message can be looked up.
	retention time.Duration

	mu       sync.Mutex
	isDown   bool
	accepts  []accept
	byKey    map[domain.Key][]int
	calls    map[domain.Key]int
	total    int
	inFlight map[string]int
	overlaps int
}

// answer is how a send ends. The zero answer accepts.
type answer struct {
	failure *domain.Failure
	// accepted is set when the message is accepted although the answer fails;
	// late is how long after the answer.
	accepted bool
	late     time.Duration
}

// accept is one accepted message.
type accept struct {
	key         domain.Key
	appointment string
	// event is the appointment's time, which tells its events apart.
	event time.Time
	at    time.Time
}

func newProvider() *provider {
	return &provider{
		latency:   func() time.Duration { return 100 * time.Millisecond },
		retention: 24 * time.Hour,
		byKey:     map[domain.Key][]int{}, calls: map[domain.Key]int{}, inFlight: map[string]int{},
	}
}

// down takes the provider down or up again: while it is down no connection can
// be made.
func (p *provider) down(is bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.isDown = is
}

func (p *provider) begin(n ports.Notification) (time.Duration, *domain.Failure) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total++
	if p.isDown {
		return 0, unreachable()
	}
	if p.inFlight[n.Event.AppointmentID]++; p.inFlight[n.Event.AppointmentID] > 1 {
		p.overlaps++
	}
	p.calls[n.Key]++
	return p.latency(), nil
}

func unreachable() *domain.Failure {
	return &domain.Failure{Class: domain.ClassTransient, Code: "fake.refused", Unreachable: true}
}

func (p *provider) end(n ports.Notification) answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inFlight[n.Event.AppointmentID]--
	a := answer{accepted: true}
	if p.script != nil {
		a = p.script(n, p.calls[n.Key])
		a.accepted = a.accepted || a.failure == nil
	}
	switch {
	case a.accepted && a.late > 0:
		time.AfterFunc(a.late, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.accept(n)
		})
	case a.accepted:
		p.accept(n)
	}
	return a
}

func (p *provider) accept(n ports.Notification) {
	p.byKey[n.Key] = append(p.byKey[n.Key], len(p.accepts))
	p.accepts = append(p.accepts, accept{key: n.Key, appointment: n.Event.AppointmentID, event: n.Event.Time, at: time.Now()})
}

func (p *provider) lookUp(q ports.LookUp) (ports.Accepted, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.isDown {
		return ports.Accepted{}, unreachable()
	}
	key, err := domain.ParseKey(q.Handle)
	if err != nil {
		return ports.Accepted{}, &domain.Failure{Class: domain.ClassUnknownOutcome, Code: "fake.handle"}
	}
	const margin = time.Hour
	for _, i := range p.byKey[key] {
		at := p.accepts[i].at
		if age := time.Since(at); age >= p.visibility && age <= p.retention && !at.Before(q.ClaimedAt.Add(-margin)) {
			return ports.Accepted{ProviderID: key.Reference()}, nil
		}
	}
	if time.Since(q.ClaimedAt) > p.retention-margin {
		return ports.Accepted{}, &domain.Failure{Class: domain.ClassUnknownOutcome, Code: "fake.expired"}
	}
	return ports.Accepted{}, ports.ErrNotFound
}

// count returns how many messages were accepted, each key once.
func (p *provider) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.byKey)
}

// sends returns how often it was asked to send.
func (p *provider) sends() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.total
}

func (p *provider) accepted(k domain.Key) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.byKey[k]) > 0
}
