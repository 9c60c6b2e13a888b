package delivery

import (
	"context"
	"errors"
	"runtime/debug"
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
// "Found" proves acceptance at once. "Not found" proves the contrary only when
// the question was put after lease + settle + visibility: a request may be
// written until the lease ends, may arrive until the settle time is over, and
// shows only after the visibility time. The wait is on our own monotonic clock,
// and it stands still while the provider cannot be reached.
func (r *run) reconcile(c ports.Claim, since time.Time) (verdict, error) {
	r.slot.Release()
	r.Observer.Waiting(r.cfg.Channel, ports.WaitDoubt, 1)
	defer r.Observer.Waiting(r.cfg.Channel, ports.WaitDoubt, -1)
	proof := since.Add(max(c.Lease, r.cfg.Timeout) + r.cfg.Settle + r.cfg.Visibility)
	pace := lookUpPace{visibility: r.cfg.Visibility}
	r.stake.hold(true)
	for {
		asked := time.Now()
		receipt, err := r.lookUp(c)
		v, proven := r.judge(receipt, err, !asked.Before(proof))
		r.stake.hold(!proven && unreachable(err))
		if proven {
			r.giveUp(v)
			return v, r.record(c, v)
		}
		if pace.after(err) == lookUpErrors {
			r.Observer.Alert(r.cfg.Channel, domain.AsFailure(err).Code, "a message stays in doubt because the provider cannot be asked about it: "+domain.AsFailure(err).Detail)
		}
		if err := r.untilNextLookUp(pace, proof); err != nil {
			return verdict{}, err
		}
		if unreachable(err) {
			proof = proof.Add(time.Since(asked))
		}
	}
}

// untilNextLookUp waits between two look-ups. After errors the gate's opening is
// a sign that it is worth asking again, unless the provider named a delay.
func (r *run) untilNextLookUp(pace lookUpPace, proof time.Time) error {
	wait, opening := pace.wait(time.Until(proof)), r.Gate.opening()
	if pace.errors > 0 && pace.asked == 0 && wait > lookUpErrorFirst {
		if err := sleep(r.ctx, lookUpErrorFirst); err != nil {
			return err
		}
		doze(r.ctx, opening, wait-lookUpErrorFirst)
		return context.Cause(r.ctx)
	}
	return sleep(r.ctx, wait)
}

// giveUp says aloud that the provider cannot tell what became of a message.
func (r *run) giveUp(v verdict) {
	if v.failure != nil {
		r.Observer.Alert(r.cfg.Channel, v.failure.Code, v.failure.Detail)
	}
}

// judge tells what an answer proves, if anything. late is set when the question
// was put late enough for an absence to count.
func (r *run) judge(receipt ports.Receipt, err error, late bool) (verdict, bool) {
	switch {
	case err == nil:
		return verdict{accepted: true, providerID: receipt.ProviderID}, true
	case !late || unreachable(err):
		return verdict{}, false
	case errors.Is(err, ports.ErrNotFound):
		return verdict{}, true
	default:
		f := domain.AsFailure(err)
		return verdict{failure: &domain.Failure{
			Class: domain.ClassUnknownOutcome, Code: f.Code,
			Detail: "a send ended without an answer and the provider cannot tell what became of it: " + f.Detail, Cause: f,
		}}, !r.Gate.accountRefused()
	}
}

// unreachable tells whether a look-up got no complete answer.
func unreachable(err error) bool {
	return err != nil && !errors.Is(err, ports.ErrNotFound) && domain.AsFailure(err).Class != domain.ClassUnknownOutcome
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

// lookUp asks once, within the time-out.
func (r *run) lookUp(c ports.Claim) (receipt ports.Receipt, err error) {
	if err := acquire(r.ctx, r.lookUps); err != nil {
		return receipt, &domain.Failure{Class: domain.ClassTransient, Code: "canceled", Cause: err}
	}
	defer func() { <-r.lookUps }()
	ctx, cancel := context.WithTimeout(r.ctx, r.cfg.Timeout)
	defer cancel()
	begin := time.Now()
	defer func() {
		if v := recover(); v != nil {
			r.Observer.Panicked(r.cfg.Channel, v, debug.Stack())
			err = &domain.Failure{Class: domain.ClassUnknownOutcome, Code: "internal.panic", Detail: "the look-up panics; see the log"}
		}
		var failure *domain.Failure
		if err != nil && !errors.Is(err, ports.ErrNotFound) {
			failure = domain.AsFailure(err)
		}
		r.Observer.Called(r.cfg.Channel, ports.CallLookUp, failure, time.Since(begin))
	}()
	return r.ask(ctx, c)
}

// probe asks a halted provider about the message that would be the probe. The
// answer itself hardly matters; that there is one shows that a message may be
// risked. While a provider accepts connections and answers nothing, probing
// with messages would leave a trail of them in doubt.
func (r *run) probe(p permit) (answered bool, o domain.Outcome, done bool, err error) {
	c := r.newClaim()
	receipt, err := r.lookUp(c)
	switch {
	case err == nil:
		r.Gate.succeeded(p)
		return true, domain.Sent(receipt.ProviderID), true, r.settle(c, ports.StateSent, receipt.ProviderID)
	case unreachable(err):
		r.Gate.unanswered(p, domain.AsFailure(err))
		return false, o, false, nil
	default:
		return true, o, false, nil
	}
}
