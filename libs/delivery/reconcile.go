package delivery

import (
	"errors"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// verdict is what a provider's look-up proved. The zero verdict means: not
// accepted.
type verdict struct {
	accepted   bool
	providerID string
	// failure is set when the provider can no longer tell.
	failure *domain.Failure
}

// reconcile asks the provider about claim c until the answer proves something,
// and records it. since is when the claim's lease began to count for us.
//
// "Found" proves acceptance at once. "Not found" proves the contrary only when the
// question was put after lease + settle + visibility: a request may be written until
// the lease ends, may arrive until the settle time is over, and shows only after the
// visibility time. The wait is on our own monotonic clock, and it stands still while
// the provider cannot be reached. It is extended while the watch sees that accepted
// messages take longer to show.
func (r *run) reconcile(c ports.Claim, since time.Time) (verdict, error) {
	r.slot.Release()
	defer r.waiting(ports.WaitDoubt)()
	proof := since.Add(max(c.Lease, r.d.cfg.Timeout) + r.d.cfg.Settle + r.d.cfg.Visibility)
	pace := lookUpPace{visibility: r.d.cfg.Visibility}
	lost := r.d.deps.Watch.lost()
	r.stake.hold(true)
	for {
		asked := time.Now()
		accepted, err := r.lookUp(c)
		v, proven := r.judge(accepted, err, !asked.Before(proof))
		if proven && errors.Is(err, ports.ErrNotFound) {
			v, proven = r.absent(asked.Sub(proof), lost)
		}
		r.stake.hold(!proven && unreachable(err))
		if proven {
			r.giveUp(v)
			return v, r.record(c, v)
		}
		if pace.after(err) == lookUpErrors {
			r.d.observer.Alert(r.d.cfg.Channel, domain.AsFailure(err).Code, "a message stays in doubt because the provider cannot be asked about it: "+domain.AsFailure(err).Detail)
		}
		if err := r.untilNextLookUp(pace, time.Until(proof)); err != nil {
			return verdict{}, err
		}
		if unreachable(err) {
			proof = proof.Add(time.Since(asked))
		}
	}
}

// untilNextLookUp waits between two look-ups. After errors, it also ends when the gate
// opens, since the provider works again, unless the provider named a delay.
func (r *run) untilNextLookUp(pace lookUpPace, left time.Duration) error {
	if left <= 0 {
		left = r.d.cfg.Visibility // the wait is for a sample of the watch
	}
	wait, opening := pace.wait(left), r.d.gate.opening()
	if pace.errors > 0 && pace.asked == 0 && wait > lookUpErrorFirst {
		if err := r.firm().sleep(lookUpErrorFirst); err != nil {
			return err
		}
		r.firm().doze(opening, wait-lookUpErrorFirst)
		return r.firm().over()
	}
	return r.firm().sleep(wait)
}

// giveUp alerts that the provider cannot say what became of a message.
func (r *run) giveUp(v verdict) {
	if v.failure != nil {
		r.d.observer.Alert(r.d.cfg.Channel, v.failure.Code, v.failure.Detail)
	}
}

// judge returns what an answer proves, if anything. late is set when the question was
// asked late enough for a "not found" to count.
func (r *run) judge(accepted ports.Accepted, err error, late bool) (verdict, bool) {
	switch {
	case err == nil:
		return verdict{accepted: true, providerID: accepted.ProviderID}, true
	case !late || unreachable(err):
		return verdict{}, false
	case errors.Is(err, ports.ErrNotFound):
		return verdict{}, true
	default:
		f := domain.AsFailure(err)
		return verdict{failure: &domain.Failure{
			Class: domain.ClassUnknownOutcome, Code: f.Code,
			Detail: "a send ended without an answer and the provider cannot tell what became of it: " + f.Detail, Cause: f,
		}}, !r.d.gate.accountRefused()
	}
}

// absent judges a "not found" by what the watch has seen. late is how long the question
// was asked after the moment from which a "not found" counts, lost the number of lost
// samples when the doubt began.
func (r *run) absent(late time.Duration, lost int) (verdict, bool) {
	switch r.d.deps.Watch.absence(lost) {
	case provesNothing:
		return verdict{}, false
	case provesLate:
		return verdict{}, late >= r.d.cfg.Visibility
	case provesNever:
		return verdict{failure: &domain.Failure{
			Class: domain.ClassUnknownOutcome, Code: "lookup.unreliable",
			Detail: "a send ended without an answer, and the provider's look-up has not shown other messages that it accepted",
		}}, true
	default:
		return verdict{}, true
	}
}

func (r *run) record(c ports.Claim, v verdict) error {
	switch {
	case v.accepted:
		return r.settle(c, ports.StateSent, v.providerID)
	case v.failure != nil:
		return r.settle(c, ports.StateUnknown, v.failure.Code)
	default:
		return r.settle(c, ports.StateFailed, "reconciled.not_found")
	}
}
