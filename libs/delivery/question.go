package delivery

import (
	"context"
	"errors"
	"runtime/debug"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// lookUp asks once, within the timeout.
func (r *run) lookUp(c ports.Claim) (accepted ports.Accepted, err error) {
	if err := r.firm().acquire(r.d.lookUps); err != nil {
		return accepted, &domain.Failure{Class: domain.ClassTransient, Code: "canceled", Cause: err}
	}
	defer func() { <-r.d.lookUps }()
	ctx, cancel := context.WithTimeout(r.ctx, r.d.cfg.Timeout)
	defer cancel()
	begin := time.Now()
	span := r.trace.Step(ports.StepLookUp, begin)
	defer func() {
		if v := recover(); v != nil {
			r.d.observer.Panicked(r.d.cfg.Channel, v, debug.Stack())
			err = &domain.Failure{Class: domain.ClassUnknownOutcome, Code: "internal.panic", Detail: "the look-up panics; see the log"}
		}
		failure := failureOf(err)
		span.End(failure)
		r.d.observer.Called(r.d.cfg.Channel, ports.CallLookUp, failure, time.Since(begin))
	}()
	return r.ask(ctx, c)
}

// unreachable reports whether a look-up got no complete answer.
func unreachable(err error) bool {
	return err != nil && !errors.Is(err, ports.ErrNotFound) && domain.AsFailure(err).Class != domain.ClassUnknownOutcome
}

// ask asks the provider about claim c. The ledger's record of the doubt takes
// precedence over the caller's: when the doubt began, and all handles by which its
// message may be found.
func (r *run) ask(ctx context.Context, c ports.Claim) (ports.Accepted, error) {
	if doubt := r.ledger.LookUp(c.Key, c.AppointmentID).Doubt; doubt.Key == c.Key {
		c = doubt
	}
	q := lookUpOf(c)
	accepted, err := r.d.deps.Sender.LookUp(ctx, q)
	for _, handle := range c.Handles {
		if err == nil {
			break
		}
		q.Handle = handle
		found, other := r.d.deps.Sender.LookUp(ctx, q)
		if other == nil || errors.Is(err, ports.ErrNotFound) {
			accepted, err = found, other // "not found" needs every handle to find nothing
		}
	}
	return accepted, err
}

// lookUpOf is the question about claim c by its own handle.
func lookUpOf(c ports.Claim) ports.LookUp {
	if c.At.IsZero() {
		return ports.LookUp{Handle: c.Handle, ClaimedAt: c.Since.Round(0)} // the wall clock goes on while a host sleeps
	}
	return ports.LookUp{Handle: c.Handle, ClaimedAt: c.At}
}
