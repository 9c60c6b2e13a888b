package delivery

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// attempt makes one send and records what came of it. It returns nil when the
// event is to be looked at again, after whatever wait was due.
//
// The order is the protocol's: the key's turn, rate token, claim acknowledged,
// request written before claim + timeout.
func (r *run) attempt(p permit) (*domain.Outcome, error) {
	if p.ask {
		answered, o, err := r.probe(p)
		if !answered || o != nil || err != nil {
			return o, err
		}
	}
	if err := r.waitRate(); err != nil {
		return nil, err
	}
	for {
		a, err := r.inLine(p)
		switch {
		case err != nil:
			return nil, err
		case a == nil:
			return nil, nil // sending is halted or stopped: deliver waits at the gate, or ends there
		case a.failure == nil || !a.failure.Late:
			return r.conclusion(a)
		}
	}
}

// probe asks a halted provider about the message that would be the probe. Any answer
// shows that the provider works and a message may be risked. If probes were messages, a
// provider that accepts connections but never answers would leave one after another in
// doubt.
func (r *run) probe(p permit) (answered bool, o *domain.Outcome, err error) {
	c := r.newClaim()
	accepted, err := r.lookUp(c)
	switch {
	case err == nil:
		r.d.gate.succeeded(p)
		return true, new(domain.Sent(accepted.ProviderID)), r.settle(c, ports.StateSent, accepted.ProviderID)
	case unreachable(err):
		r.d.gate.unanswered(p, domain.AsFailure(err))
		return false, nil, nil
	default:
		return true, nil, nil
	}
}

// conclusion acts on an answer and settles the claim.
func (r *run) conclusion(a *answer) (*domain.Outcome, error) {
	if a.failure == nil {
		r.d.gate.accepted(a.permit, r.note.Recipient)
		r.d.deps.Watch.accepted(&r.latest)
		if r.accepted = r.hasTail(); r.accepted {
			return new(domain.Sent(a.accepted.ProviderID)), nil
		}
		return new(domain.Sent(a.accepted.ProviderID)), r.settle(r.latest, ports.StateSent, a.accepted.ProviderID)
	}
	f := r.spaced(a.failure)
	r.d.gate.failed(a.permit, &r.history, f)
	return r.failed(r.latest, f)
}

// failed acts on the class of a failure only.
func (r *run) failed(c ports.Claim, f *domain.Failure) (*domain.Outcome, error) {
	if r.firstFailed.IsZero() {
		r.firstFailed = time.Now()
	}
	switch f.Class {
	case domain.ClassRecipientRejected, domain.ClassInvalidEvent:
		return new(domain.DeadLettered(f)), r.settle(c, ports.StateFailed, f.Code)
	case domain.ClassMessageRejected:
		r.d.observer.Alert(r.d.cfg.Channel, f.Code, "the provider refused a message of ours: "+f.Detail)
		return new(domain.DeadLettered(f)), r.settle(c, ports.StateFailed, f.Code)
	case domain.ClassConfiguration:
		if err := r.settle(c, ports.StateFailed, f.Code); err != nil {
			return nil, err
		}
		return r.refused(f)
	case domain.ClassTransient, domain.ClassRetriesExhausted:
		if err := r.settle(c, ports.StateFailed, f.Code); err != nil || f.RetryAfter > 0 {
			return nil, err // the gate knows how long to wait, and it costs no attempt
		}
		return r.retry(f)
	case domain.ClassUnknownOutcome:
	}
	return r.doubt(c, f)
}

// spaced raises the delay when the provider names one repeatedly for the same message:
// many short delays must not add up to a stream of calls.
func (r *run) spaced(f *domain.Failure) *domain.Failure {
	if f.Class != domain.ClassTransient || f.RetryAfter <= 0 {
		return f
	}
	r.limits++
	longer := *f
	longer.RetryAfter = max(f.RetryAfter, min(delayFloor, time.Second<<min(r.limits-1, 8)))
	return &longer
}

// doubt asks about a send of our own whose answer is missing.
func (r *run) doubt(c ports.Claim, f *domain.Failure) (*domain.Outcome, error) {
	v, err := r.reconcile(c, c.Since)
	switch {
	case err != nil:
		return nil, err
	case v.accepted:
		return new(domain.Sent(v.providerID)), nil
	case v.failure != nil:
		return new(domain.DeadLettered(v.failure)), nil
	}
	return r.retry(f)
}

// refused decides about a message that was refused for a fault of the
// configuration. The gate waits for the account; a refusal that may be the
// recipient's, or that others contradict, waits by itself, so that neither it
// nor the provider is asked over and over.
func (r *run) refused(f *domain.Failure) (*domain.Outcome, error) {
	switch {
	case r.history.theirs:
		return new(domain.DeadLettered(&domain.Failure{
			Class: domain.ClassRecipientRejected, Code: f.Code,
			Detail: "refused twice while other recipients were accepted in between: " + f.Detail, Cause: f,
		})), nil
	case !f.Ambiguous && !r.history.alone:
		return nil, nil
	}
	r.d.observer.Alert(r.d.cfg.Channel, "recipient.ambiguous", "refused, and it is open whether for the account or for one recipient ("+f.Code+"): "+f.Detail)
	if r.d.gate.Halted() {
		return nil, nil
	}
	r.refusals++
	return nil, r.pause(r.patience(), ports.WaitRetry, min(refusalWait(r.refusals), time.Until(r.useless())))
}

// retry waits for the next attempt, or gives up. While the gate is halted no attempt is
// counted: the provider is at fault, not the message. An event that was withdrawn
// meanwhile ends as superseded, not as a dead letter.
func (r *run) retry(f *domain.Failure) (*domain.Outcome, error) {
	if r.d.gate.Halted() || r.patience().over() != nil {
		return nil, nil
	}
	r.failures++
	wait := backoff(r.failures)
	if r.failures >= r.d.cfg.MaxAttempts || r.active+wait > r.d.cfg.MaxElapsed {
		return new(domain.DeadLettered(&domain.Failure{
			Class: domain.ClassRetriesExhausted, Code: f.Code,
			Detail: "still failing after all attempts: " + f.Detail, Cause: f,
		})), nil
	}
	r.active += wait
	return nil, r.pause(r.patience(), ports.WaitRetry, wait)
}
