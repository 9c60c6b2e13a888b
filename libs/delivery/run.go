package delivery

import (
	"context"
	"errors"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// run is one task under way. Its steps return an outcome, or nil when the event
// is to be looked at again.
type run struct {
	d   *Deliverer
	ctx context.Context
	// late ends a grace period after ctx and is shared by the records of a tenure; nil
	// outside a tenure.
	late   context.Context
	task   Task
	ledger ports.Ledger
	told   teller
	slot   *Slot
	note   ports.Notification
	// recipient is the recipient of the notification, as the ledger stores it.
	recipient domain.RecipientTag

	begin time.Time
	// done is called with the end of the run, see Tenure.Deliver.
	done func(domain.Outcome, error)
	// trace shows the way of the record.
	trace ports.Trace
	// history is what the gate remembers of the message.
	history history
	// stake keeps the alarm of a halt while the message needs the provider.
	stake stake

	// attempts counts sends, failures those that count against MaxAttempts, refusals
	// those after which the message waited on its own, limits those for which the
	// provider named a delay.
	attempts, failures, refusals, limits int
	// active is the time that counts against MaxElapsed.
	active      time.Duration
	firstFailed time.Time
	// latest is the claim that was made last; claimed points to it until its settlement
	// is recorded. recorded is set once the ledger has a claim or an outcome of this
	// record.
	latest   ports.Claim
	claimed  *ports.Claim
	recorded bool
	// accepted is set when the provider has accepted and that is not recorded yet. turn
	// counts the steps that follow, so that each is taken once.
	accepted bool
	turn     atomic.Int32
}

// outcome decides the outcome. It turns a panic into a dead letter instead of a dead
// process.
func (r *run) outcome() (o *domain.Outcome, err error) {
	defer func() {
		if v := recover(); v != nil {
			r.d.observer.Panicked(r.d.cfg.Channel, v, debug.Stack())
			o, err = r.panicked()
		}
	}()
	if o := r.admit(); o != nil {
		return o, nil
	}
	return r.deliver()
}

// recovered recovers a panic and reports it.
func (r *run) recovered() {
	if v := recover(); v != nil {
		r.d.observer.Panicked(r.d.cfg.Channel, v, debug.Stack())
	}
}

// panicked gives up on the event. Before the claim nothing can have been sent.
func (r *run) panicked() (*domain.Outcome, error) {
	f := &domain.Failure{Class: domain.ClassInvalidEvent, Code: "internal.panic", Detail: "the event made the worker panic; its log has the stack"}
	if r.claimed == nil {
		return new(domain.DeadLettered(f)), nil
	}
	f.Class = domain.ClassUnknownOutcome
	c := *r.claimed
	return new(domain.DeadLettered(f)), r.steady(func() error { return r.settle(c, ports.StateUnknown, f.Code) })
}

// steady repeats a durable step until it does not panic. A record that was given back
// would run into the same panic again and again, and stop its whole lane. So the record
// waits on its own, holds its offset, and raises an alert.
func (r *run) steady(step func() error) error {
	for n := 1; ; n++ {
		panicked, err := r.try(step)
		if !panicked {
			return err
		}
		r.d.observer.Alert(r.d.cfg.Channel, "internal.panic", "an outcome cannot be made durable because the worker panics; its log has the stack")
		if err := r.pause(r.firm(), ports.WaitRetry, refusalWait(n)); err != nil {
			return err
		}
	}
}

func (r *run) try(step func() error) (panicked bool, err error) {
	defer func() {
		if v := recover(); v != nil {
			r.d.observer.Panicked(r.d.cfg.Channel, v, debug.Stack())
			panicked = true
		}
	}()
	return false, step()
}

// deliver asks the ledger what is known and acts on it until there is an outcome. After
// every wait it looks again, because time may have changed the answer or a newer event
// may have withdrawn this one.
func (r *run) deliver() (*domain.Outcome, error) {
	for {
		o, err := r.round()
		if o != nil || err != nil && !errors.Is(err, errSuperseded) {
			return o, err
		}
	}
}

// round looks at the event once and tries to send it.
func (r *run) round() (*domain.Outcome, error) {
	if o, err := r.remember(); o != nil || err != nil {
		return o, err
	}
	p, waited, err := r.admission()
	if err != nil {
		return nil, err
	}
	if waited {
		if o, err := r.remember(); o != nil || err != nil {
			return o, err
		}
	}
	r.stake.hold(p.probe)
	return r.attempt(p)
}
