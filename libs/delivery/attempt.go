package delivery

import (
	"context"
	"errors"
	"runtime/debug"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// staleClaim is the age at which a claim that waited for a send slot is made
// again, so that the provider gets nearly the whole time-out to answer.
const staleClaim = 10 // as a fraction of the time-out

// attempt makes one send and records what came of it. done is false when the
// event is to be looked at again, after whatever wait was due.
//
// The order is the protocol's: the key's turn, rate token, claim acknowledged,
// request written before claim + time-out.
func (r *run) attempt(p permit) (o domain.Outcome, done bool, err error) {
	if p.ask {
		answered, o, done, err := r.probe(p)
		if !answered || done || err != nil {
			return o, done, err
		}
	}
	if err := r.waitRate(); err != nil {
		return o, false, err
	}
	claim, err := r.claim()
	if err != nil {
		return o, false, err
	}
	return r.send(p, claim)
}

func (r *run) waitRate() error {
	if r.Rate.unlimited() {
		return nil
	}
	r.Observer.Waiting(r.cfg.Channel, ports.WaitRate, 1)
	defer r.Observer.Waiting(r.cfg.Channel, ports.WaitRate, -1)
	return r.Rate.wait(r.ctx)
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

func (r *run) newClaim() ports.Claim {
	return ports.Claim{
		Key: r.note.Key, AppointmentID: r.note.Event.AppointmentID, Origin: r.task.Record.Origin(),
		Revision: r.note.Event.Revision, Facts: ports.Facts{Time: r.note.Event.Time},
		Handle: r.Sender.Handle(r.note), Lease: r.cfg.Timeout, Since: time.Now(),
	}
}

// release takes back a claim on whose strength nothing was sent, so that the
// next owner need not ask about it.
func (r *run) release(c ports.Claim) error {
	return r.settle(c, ports.StateFailed, "released")
}

// answer is what a provider call ended with.
type answer struct {
	claim   ports.Claim
	receipt ports.Receipt
	failure *domain.Failure
}

// send calls the provider and settles the claim.
func (r *run) send(p permit, c ports.Claim) (o domain.Outcome, done bool, err error) {
	a, err := r.inSlot(p, c)
	switch {
	case err != nil:
		return o, false, err
	case a == nil:
		return o, false, r.release(c) // deliver waits at the gate, or ends there
	case a.failure == nil:
		r.Gate.succeeded(p)
		return domain.Sent(a.receipt.ProviderID), true, r.settle(a.claim, ports.StateSent, a.receipt.ProviderID)
	default:
		r.Gate.failed(p, r.note.Recipient, a.failure)
		return r.failed(a.claim, a.failure)
	}
}

// inSlot calls the provider while it holds a send slot. The answer is nil when
// there was no call, because sending has been halted or stopped meanwhile.
func (r *run) inSlot(p permit, c ports.Claim) (*answer, error) {
	if err := r.slot.beginSend(r.ctx); err != nil {
		return nil, errors.Join(err, r.release(c))
	}
	defer r.slot.endSend()
	if r.ctx.Err() != nil || (!p.probe && r.Gate.Halted()) {
		return nil, nil // no call, no answer
	}
	if time.Since(c.Since) > r.cfg.Timeout/staleClaim {
		var err error
		if c, err = r.claim(); err != nil {
			return nil, err
		}
	}
	receipt, failure := r.call(c)
	r.slot.Release() // what is left is to wait for Kafka: the next claim may be made meanwhile
	return &answer{claim: c, receipt: receipt, failure: failure}, nil
}

// call asks the provider to send. Revocation and shutdown do not cut it off:
// its answer is worth more than the few seconds.
func (r *run) call(c ports.Claim) (receipt ports.Receipt, failure *domain.Failure) {
	ctx, cancel := context.WithDeadline(context.WithoutCancel(r.ctx), c.Since.Add(r.cfg.Timeout))
	defer cancel()
	begin := time.Now()
	r.attempts++
	defer func() {
		if v := recover(); v != nil {
			r.Observer.Panicked(r.cfg.Channel, v, debug.Stack())
			failure = &domain.Failure{Class: domain.ClassUnknownOutcome, Code: "internal.panic", Detail: "the sender panicked; see the log"}
		}
		r.active += time.Since(begin)
		r.Observer.Called(r.cfg.Channel, ports.CallSend, failure, time.Since(begin))
	}()
	receipt, err := r.Sender.Send(ctx, r.note)
	if err != nil {
		failure = domain.AsFailure(err)
	}
	return receipt, failure
}

// failed acts on the class of a failure, and on nothing else.
func (r *run) failed(c ports.Claim, f *domain.Failure) (o domain.Outcome, done bool, err error) {
	if r.firstFailed.IsZero() {
		r.firstFailed = time.Now()
	}
	switch f.Class {
	case domain.ClassRecipientRejected, domain.ClassInvalidEvent:
		return domain.DeadLettered(f), true, r.settle(c, ports.StateFailed, f.Code)
	case domain.ClassMessageRejected:
		r.Observer.Alert(r.cfg.Channel, f.Code, "the provider refused a message of ours: "+f.Detail)
		return domain.DeadLettered(f), true, r.settle(c, ports.StateFailed, f.Code)
	case domain.ClassConfiguration:
		return o, false, r.settle(c, ports.StateFailed, f.Code)
	case domain.ClassTransient, domain.ClassRetriesExhausted:
		if err := r.settle(c, ports.StateFailed, f.Code); err != nil {
			return o, false, err
		}
		return r.retry(f)
	case domain.ClassUnknownOutcome:
	}
	return r.doubt(c, f)
}

func (r *run) settle(c ports.Claim, s ports.State, code string) error {
	if r.claimed != nil && r.claimed.Key == c.Key {
		r.claimed = nil
	}
	return r.ledger.Settle(c, ports.Settlement{State: s, Code: code})
}

// doubt asks about a send of our own whose answer is missing.
func (r *run) doubt(c ports.Claim, f *domain.Failure) (o domain.Outcome, done bool, err error) {
	v, err := r.reconcile(c, c.Since)
	switch {
	case err != nil:
		return o, false, err
	case v.accepted:
		return domain.Sent(v.providerID), true, nil
	case v.failure != nil:
		return domain.DeadLettered(v.failure), true, nil
	}
	return r.retry(f)
}

// retry waits for the next attempt, or gives up. While the gate is halted
// nothing is counted: the provider is at fault, not the message.
func (r *run) retry(f *domain.Failure) (o domain.Outcome, done bool, err error) {
	if r.Gate.Halted() {
		return o, false, nil
	}
	r.failures++
	wait := backoff(r.failures)
	if r.failures >= r.cfg.MaxAttempts || r.active+wait > r.cfg.MaxElapsed {
		return domain.DeadLettered(&domain.Failure{
			Class: domain.ClassRetriesExhausted, Code: f.Code,
			Detail: "still failing after all attempts: " + f.Detail, Cause: f,
		}), true, nil
	}
	r.active += wait
	return o, false, r.pause(ports.WaitRetry, wait)
}

// pause gives the slot back while the record waits, keeping its appointment's
// turn.
func (r *run) pause(w ports.Wait, d time.Duration) error {
	r.slot.Release()
	r.Observer.Waiting(r.cfg.Channel, w, 1)
	defer r.Observer.Waiting(r.cfg.Channel, w, -1)
	return sleep(r.ctx, d)
}
