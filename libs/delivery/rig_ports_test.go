package delivery_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// wire is the rig as a sender: it notes the calls and passes them on.
type wire rig

func (w *wire) Handle(n ports.Notification) string {
	if w.onHandle != nil {
		w.onHandle()
	}
	return w.provider.Handle(n)
}

func (w *wire) MessageID(handle string) string {
	if !w.named {
		return ""
	}
	return "named by " + handle
}

func (w *wire) Send(ctx context.Context, n ports.Notification) (ports.Accepted, error) {
	deadline, _ := ctx.Deadline()
	w.mu.Lock()
	if c, ok := w.claims[n.Key]; !ok || deadline.After(c.Since.Add(w.cfg.Timeout)) {
		w.t.Errorf("a call without an acknowledged claim (%v), or beyond the claim's lease", ok)
	}
	w.sends = append(w.sends, time.Since(w.begin))
	w.notes = append(w.notes, n)
	w.deadlines = append(w.deadlines, time.Until(deadline))
	w.mu.Unlock()
	if w.onSend != nil {
		w.onSend()
	}
	return w.provider.Send(ctx, n)
}

func (w *wire) LookUp(ctx context.Context, q ports.LookUp) (ports.Accepted, error) {
	w.mu.Lock()
	w.asks = append(w.asks, time.Since(w.begin))
	onLookUp := w.onLookUp
	w.mu.Unlock()
	if onLookUp != nil {
		if f := onLookUp(); f != nil {
			return ports.Accepted{}, f
		}
	}
	if (*rig)(w).hidden(q.ClaimedAt) {
		return ports.Accepted{}, ports.ErrNotFound
	}
	return w.provider.LookUp(ctx, q)
}

// hidden reports whether a message of a claim does not show yet.
func (r *rig) hidden(claimed time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lag != nil && time.Since(claimed) < r.lag(claimed)
}

// count counts what other goroutines still write.
func (r *rig) count(what func() int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return what()
}

// note adds a durable step to the journal, unless the test makes it fail.
func (r *rig) note(what string) error {
	if r.onWrite != nil {
		if err := r.onWrite(what); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.journal = append(r.journal, what)
	r.steps = append(r.steps, what)
	return nil
}

// memory is the rig as a ledger.
type memory rig

func (m *memory) LookUp(key domain.Key, appointmentID string) ports.Knowledge {
	k := m.ledger.LookUp(key, appointmentID)
	k.Reach, k.Seen = m.reach, m.seen
	if k.State.InDoubt() && k.Doubt.Since.Before(m.takeover) {
		k.Doubt.Since = m.takeover
	}
	return k
}

func (m *memory) LastTold(appointmentID string, recipient domain.RecipientTag) time.Time {
	return m.ledger.LastTold(appointmentID, recipient)
}

func (m *memory) Claim(c ports.Claim) error {
	if err := (*rig)(m).note("claimed"); err != nil {
		return err
	}
	if err := m.ledger.Claim(c); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.claims[c.Key] = c
	return nil
}

func (m *memory) Settle(c ports.Claim, s ports.Settlement) error {
	if err := (*rig)(m).note(s.State.String()); err != nil {
		return err
	}
	m.mu.Lock()
	delete(m.claims, c.Key)
	m.mu.Unlock()
	return m.ledger.Settle(c, s)
}

func (m *memory) Note(c ports.Claim, code string) error {
	if err := (*rig)(m).note("noted"); err != nil {
		return err
	}
	return m.ledger.Note(c, code)
}

// stores is the rig as the store of dead letters, outcomes and resolutions. It takes
// nothing once the context is over.
type stores rig

func (s *stores) Publish(ctx context.Context, d ports.DeadLetter) error {
	if err := errors.Join(ctx.Err(), (*rig)(s).note("dead letter")); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = append(s.dead, d)
	return nil
}

func (s *stores) Tell(ctx context.Context, c ports.Conclusion) error {
	err := ctx.Err()
	if s.onWrite != nil {
		err = errors.Join(err, s.onWrite("outcome"))
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.steps = append(s.steps, "outcome")
	s.told = append(s.told, c)
	return nil
}

func (s *stores) Resolve(ctx context.Context, r ports.Resolution) error {
	if err := errors.Join(ctx.Err(), (*rig)(s).note("resolution")); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resolved = append(s.resolved, r)
	return nil
}

// observer counts.
type observer struct {
	ports.NoObserver
	onCalled func(ports.Call)

	mu       sync.Mutex
	finished []ports.Finish
	waiting  map[ports.Wait]int
	alerts   []string
	panics   int
	samples  map[ports.SampleResult]int
	// halts are the classes of the halts that began, last is what was said last.
	halts []domain.Class
	last  ports.Halt
}

func (o *observer) Halted(_ domain.Channel, h ports.Halt) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if h.Halted && !o.last.Halted {
		o.halts = append(o.halts, h.Class)
	}
	o.last = h
}

func (o *observer) alarm() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.last.Halted
}

func (o *observer) Finished(_ domain.Channel, f ports.Finish) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.finished = append(o.finished, f)
}

func (o *observer) Called(_ domain.Channel, c ports.Call, _ *domain.Failure, _ time.Duration) {
	if o.onCalled != nil {
		o.onCalled(c)
	}
}

func (o *observer) Waiting(_ domain.Channel, w ports.Wait, delta int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waiting[w] += delta
}

func (o *observer) Alert(_ domain.Channel, code, _ string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.alerts = append(o.alerts, code)
}

func (o *observer) Sampled(_ domain.Channel, result ports.SampleResult, _ time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.samples == nil {
		o.samples = map[ports.SampleResult]int{}
	}
	o.samples[result]++
}

func (o *observer) Panicked(domain.Channel, any, []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.panics++
}

func (o *observer) wantNobodyWaiting(t *testing.T) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	for w, n := range o.waiting {
		if n != 0 {
			t.Errorf("%d records are still counted as waiting for %s", n, w)
		}
	}
}
