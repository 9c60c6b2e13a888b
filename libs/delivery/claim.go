package delivery

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// newClaim returns the announcement of a send that begins now.
func (r *run) newClaim() ports.Claim {
	return ports.Claim{
		Key: r.note.Key, AppointmentID: r.note.Event.AppointmentID, Origin: r.task.Record.Origin(),
		Revision: r.note.Event.Revision, Facts: r.note.Event.Facts(), Recipient: r.recipient,
		Handle: r.d.deps.Sender.Handle(r.note), Lease: r.d.cfg.Timeout, Since: time.Now(),
	}
}

// claimFor is claim for a send on p. A probe whose ledger has stalled says nothing
// about the provider, so another message probes instead and the working lanes go on.
func (r *run) claimFor(p permit) (ports.Claim, error) {
	if p.probe {
		stalled := time.AfterFunc(ClaimPatience, func() { r.d.gate.passOn(r.note.Recipient) })
		defer stalled.Stop()
	}
	return r.claim()
}

// claim announces the send. The claim's time is taken before it is appended:
// the lease may only look shorter than it is.
func (r *run) claim() (ports.Claim, error) {
	if err := r.patience().over(); err != nil {
		return ports.Claim{}, r.letGo(err)
	}
	c := r.newClaim()
	span := r.trace.Step(ports.StepClaim, c.Since)
	err := r.slot.lend(func() error { return r.ledger.Claim(c) })
	span.End(failureOf(err))
	if err != nil {
		return c, err
	}
	r.latest, r.recorded = c, true
	r.claimed = &r.latest
	if err := r.slot.resume(r.patience()); err != nil {
		return c, r.letGo(err)
	}
	return c, nil
}

// letGo takes back the open claim, if there is one, and returns why. The claim then
// needs no question to the provider, neither by us nor by the next owner. A claim that
// cannot be taken back stays in doubt.
func (r *run) letGo(why error) error {
	if r.claimed == nil {
		return why
	}
	if err := r.settle(*r.claimed, ports.StateFailed, "released"); err != nil {
		return err
	}
	return why
}

// settle records what became of a claim.
func (r *run) settle(c ports.Claim, s ports.State, code string) error {
	span := r.step(ports.StepSettle)
	err := r.ledger.Settle(c, ports.Settlement{State: s, Code: code})
	span.End(failureOf(err))
	if r.claimed != nil && r.claimed.Key == c.Key {
		r.claimed = nil
	}
	r.recorded = r.recorded || c.Key == r.note.Key && c.Origin.Equal(r.task.Record.Origin())
	return err
}
