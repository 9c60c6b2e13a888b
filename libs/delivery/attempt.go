package delivery

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// A claim is made again when it waited too long, so that the provider gets most
// of the timeout to answer.
const (
	// slotShare is the part of the timeout that a claim may wait for a send slot.
	slotShare = 10
	// ledgerShare is the part that its acknowledgement may take. A ledger slower
	// than that sends nothing until it recovers; a faster one must not be asked
	// for what it cannot give.
	ledgerShare = 2
)

// attempt makes one send and records what came of it. done is false when the
// event is to be looked at again, after whatever wait was due.
//
// The order is the protocol's: the key's turn, rate token, claim acknowledged,
// request written before claim + timeout.
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
	for {
		a, err := r.inLine(p)
		switch {
		case err != nil:
			return o, false, err
		case a == nil:
			return o, false, nil // sending is halted or stopped: deliver waits at the gate, or ends there
		case a.failure == nil || !a.failure.Late:
			return r.conclusion(*a)
		}
	}
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
		Revision: r.note.Event.Revision, Facts: r.note.Event.Facts(),
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
	permit  permit
	claim   ports.Claim
	receipt ports.Receipt
	failure *domain.Failure
}

// conclusion acts on an answer and settles the claim.
func (r *run) conclusion(a answer) (o domain.Outcome, done bool, err error) {
	if a.failure == nil {
		r.Gate.accepted(a.permit, r.note.Recipient)
		return domain.Sent(a.receipt.ProviderID), true, r.settle(a.claim, ports.StateSent, a.receipt.ProviderID)
	}
	f := r.spaced(a.failure)
	r.Gate.failed(a.permit, &r.history, f)
	return r.failed(a.claim, f)
}

// inLine sends in its turn among the sends of the process.
func (r *run) inLine(p permit) (*answer, error) {
	queue := r.slot.slots.sends
	place := queue.join()
	defer queue.leave(place)
	return r.send(p, place)
}

// send claims and calls the provider once place has a send slot. The answer is
// nil when there was no call, because sending has been halted or stopped
// meanwhile. While it waits for Kafka it holds no slot: a slow ledger would keep
// the slots from all others.
func (r *run) send(p permit, place *place) (*answer, error) {
	queue := r.slot.slots.sends
	for {
		c, err := r.claim()
		if err != nil {
			return nil, err
		}
		acknowledged := time.Now()
		if acknowledged.Sub(c.Since) > r.cfg.Timeout/ledgerShare && !r.over(p) {
			continue
		}
		queue.ready(place)
		if !r.granted(place) && queue.retire(place) && r.ctx.Err() == nil {
			continue // it got old: claim again, and keep the place
		}
		if r.over(p) {
			return nil, errors.Join(context.Cause(r.ctx), r.release(c))
		}
		p = r.Gate.begin(p)
		receipt, failure := r.call(c)
		queue.leave(place)
		r.slot.Release() // what is left is to wait for Kafka: the next claim may be made meanwhile
		return &answer{permit: p, claim: c, receipt: receipt, failure: failure}, nil
	}
}

// granted waits for the slot of place for as long as a claim stays fresh. The
// time varies: claims that were made together need not all be made again at the
// moment at which slots get free.
func (r *run) granted(place *place) bool {
	fresh := r.cfg.Timeout / slotShare
	timer := time.NewTimer(fresh*3/4 + rand.N(fresh/4+1))
	defer timer.Stop()
	select {
	case <-place.granted:
		return true
	case <-timer.C:
	case <-r.ctx.Done():
	}
	return false
}

// over reports whether nothing may be sent on p any more.
func (r *run) over(p permit) bool { return r.ctx.Err() != nil || (!p.probe && r.Gate.Halted()) }

// call asks the provider to send. Revocation and shutdown do not cut it off:
// its answer is worth more than the few seconds. A call that came too late to
// write anything was none and is not counted.
func (r *run) call(c ports.Claim) (receipt ports.Receipt, failure *domain.Failure) {
	ctx, cancel := context.WithDeadline(context.WithoutCancel(r.ctx), c.Since.Add(r.cfg.Timeout))
	defer cancel()
	begin := time.Now()
	defer func() {
		if v := recover(); v != nil {
			r.Observer.Panicked(r.cfg.Channel, v, debug.Stack())
			failure = &domain.Failure{Class: domain.ClassUnknownOutcome, Code: "internal.panic", Detail: "the sender panicked; see the log"}
		}
		if failure != nil && failure.Late {
			return
		}
		r.attempts++
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
		if err := r.settle(c, ports.StateFailed, f.Code); err != nil {
			return o, false, err
		}
		return r.refused(f)
	case domain.ClassTransient, domain.ClassRetriesExhausted:
		if err := r.settle(c, ports.StateFailed, f.Code); err != nil || f.RetryAfter > 0 {
			return o, false, err // the gate knows how long to wait, and it costs no attempt
		}
		return r.retry(f)
	case domain.ClassUnknownOutcome:
	}
	return r.doubt(c, f)
}

// spaced raises a delay that the provider names again and again for one message:
// however short, it must not add up to a stream of calls.
func (r *run) spaced(f *domain.Failure) *domain.Failure {
	if f.Class != domain.ClassTransient || f.RetryAfter <= 0 {
		return f
	}
	r.limits++
	longer := *f
	longer.RetryAfter = max(f.RetryAfter, min(delayFloor, time.Second<<min(r.limits-1, 8)))
	return &longer
}

func (r *run) settle(c ports.Claim, s ports.State, code string) error {
	err := r.ledger.Settle(c, ports.Settlement{State: s, Code: code})
	if r.claimed != nil && r.claimed.Key == c.Key {
		r.claimed = nil
	}
	return err
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

// refused decides about a message that was refused for a fault of the
// configuration. The gate waits for the account; a refusal that may be the
// recipient's, or that others contradict, waits by itself, so that neither it
// nor the provider is asked over and over.
func (r *run) refused(f *domain.Failure) (o domain.Outcome, done bool, err error) {
	switch {
	case r.history.theirs:
		return domain.DeadLettered(&domain.Failure{
			Class: domain.ClassRecipientRejected, Code: f.Code,
			Detail: "refused twice while other recipients were accepted in between: " + f.Detail, Cause: f,
		}), true, nil
	case !f.Ambiguous && !r.history.alone:
		return o, false, nil
	}
	r.Observer.Alert(r.cfg.Channel, "recipient.ambiguous", "refused, and it is open whether for the account or for one recipient ("+f.Code+"): "+f.Detail)
	if r.Gate.Halted() {
		return o, false, nil
	}
	r.refusals++
	return o, false, r.pause(ports.WaitRetry, min(refusalWait(r.refusals), time.Until(r.note.Event.Time)))
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
