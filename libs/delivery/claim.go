package delivery

import (
	"errors"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// newClaim returns the announcement of a send that begins now.
func (r *run) newClaim() ports.Claim {
	return ports.Claim{
		Key: r.note.Key, AppointmentID: r.note.Event.AppointmentID, Origin: r.task.Record.Origin(),
		Revision: r.note.Event.Revision, Facts: r.note.Event.Facts(),
		Handle: r.d.deps.Sender.Handle(r.note), Lease: r.d.cfg.Timeout, Since: time.Now(),
	}
}

// claimFor is claim for a send on p. A probe whose ledger has stalled proves
// nothing: another message probes instead, and the lanes that work go on.
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
	c := r.newClaim()
	if err := r.slot.lend(func() error { return r.ledger.Claim(c) }); err != nil {
		return c, err
	}
	r.claimed = &c
	if err := r.slot.resume(r.ctx); err != nil {
		return c, errors.Join(err, r.release(c))
	}
	return c, nil
}

// release takes back a claim on whose strength nothing was sent, so that the
// next owner need not ask about it.
func (r *run) release(c ports.Claim) error {
	return r.settle(c, ports.StateFailed, "released")
}

// settle records what became of a claim.
func (r *run) settle(c ports.Claim, s ports.State, code string) error {
	err := r.ledger.Settle(c, ports.Settlement{State: s, Code: code})
	if r.claimed != nil && r.claimed.Key == c.Key {
		r.claimed = nil
	}
	return err
}
