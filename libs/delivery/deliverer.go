package delivery

import (
	"context"
	"errors"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Config are the rules of one channel. Durations of zero are taken literally.
type Config struct {
	Channel domain.Channel
	// Timeout is L: how long after its claim a request may be written and
	// answered.
	Timeout time.Duration
	// Settle is N: how long a request may still arrive after its deadline.
	Settle time.Duration
	// Visibility is V: how long until an accepted message shows in a look-up.
	Visibility time.Duration
	// MaxAttempts and MaxElapsed end the retries of a transient failure,
	// whichever is first. Time spent paused, rate-limited or in doubt does not
	// count.
	MaxAttempts int
	MaxElapsed  time.Duration
	// MaxEventAge skips events that were published longer ago; 0 never does.
	MaxEventAge time.Duration
	// Allowlist skips recipients that are not on it; the zero value skips no recipient.
	Allowlist domain.Allowlist
}

// Deps are what a Deliverer works with.
type Deps struct {
	Sender      ports.Sender
	DeadLetters ports.DeadLetters
	// Outcomes may be nil: then no outcome is published.
	Outcomes    ports.Outcomes
	Resolutions ports.Resolutions
	Observer    ports.Observer
	// Tracer may be nil: then nothing is traced.
	Tracer ports.Tracer
	Gate   *Gate
	Rate   *Rate
	// Watch may be nil: then every "not found" after the visibility time is trusted.
	Watch *Watch
}

// ErrDeadLettersDisabled is returned by a dead-letter store that is switched
// off: the worker stops at the first failure that would be dead-lettered, and
// does not commit its offset.
var ErrDeadLettersDisabled = errors.New("dead-lettering is switched off")

// Deliverer takes events on one channel to their outcome. Safe for concurrent
// use; two tasks of one appointment must not run at the same time.
type Deliverer struct {
	cfg      Config
	deps     Deps
	observer ports.Observer
	tracer   ports.Tracer
	gate     *Gate
	// teller is the store of outcomes if it can write without its caller waiting; nil
	// otherwise.
	teller ports.OutcomesThen
	// lookUps bounds how many look-ups run at once: a crash leaves many to do, and
	// sends are more urgent.
	lookUps chan struct{}
}

// ConcurrentLookUps is how many look-ups run at once, in addition to the sends.
const ConcurrentLookUps = 8

// New returns a deliverer.
func New(cfg Config, deps Deps) *Deliverer {
	observer := guarded{deps.Observer}
	teller, _ := deps.Outcomes.(ports.OutcomesThen)
	return &Deliverer{
		cfg: cfg, deps: deps, observer: observer, tracer: guardTracer(deps.Tracer, observer), gate: deps.Gate, teller: teller,
		lookUps: make(chan struct{}, ConcurrentLookUps),
	}
}

// Channel returns the channel that d delivers on.
func (d *Deliverer) Channel() domain.Channel { return d.cfg.Channel }

// Deliver takes t to its outcome and returns when the outcome is durable.
//
// The slot must be held; it is given back during waits and when Deliver
// returns. An error means that there is no outcome yet and the record's offset
// must not move: ctx is over, or the ledger or the dead-letter store cannot be
// written any more. ctx ends waits at once; a send that is under way is
// finished and recorded first.
func (d *Deliverer) Deliver(ctx context.Context, t Task, l ports.Ledger, slot *Slot) (domain.Outcome, error) {
	type end struct {
		outcome domain.Outcome
		err     error
	}
	ended := make(chan end, 1)
	defer slot.Release()
	d.deliver(&run{
		d: d, ctx: ctx, task: t, ledger: l, told: l, slot: slot, stake: d.gate.newStake(),
		done: func(o domain.Outcome, err error) { ended <- end{o, err} },
	})
	slot.Release()
	e := <-ended
	return e.outcome, e.err
}

// deliver takes r to its end and calls done once. After an accept the remaining steps
// may run later and on another goroutine (see tail.go); the slot is still held then.
func (d *Deliverer) deliver(r *run) {
	r.begin = time.Now()
	r.trace = d.tracer.Process(d.cfg.Channel, r.task.Record, r.task.Arrived)
	outcome, err := r.outcome()
	switch {
	case err != nil:
		r.slot.Release()
		r.end(nil, err)
	case r.accepted:
		r.settleThen(outcome)
	default:
		r.finish(outcome)
	}
}

// finish makes the outcome durable and ends the run.
func (r *run) finish(o *domain.Outcome) {
	o.Attempts = r.attempts
	r.end(o, r.steady(func() error { return r.conclude(o) }))
}

// end reports how the run ended. It calls done last, even if an observer panics first.
func (r *run) end(o *domain.Outcome, err error) {
	if err != nil {
		r.close(nil)
		r.done(domain.Outcome{}, err)
		return
	}
	r.close(o)
	r.done(*o, nil)
}

// close reports the end to the observer and the tracer and gives up the stake.
func (r *run) close(o *domain.Outcome) {
	defer r.recovered()
	defer r.stake.hold(false)
	defer r.endTrace(o)
	if o == nil {
		return
	}
	finish := ports.Finish{Record: r.task.Record, Outcome: *o, Took: time.Since(r.begin)}
	if e := r.task.Event; e != nil {
		finish.AppointmentID = e.AppointmentID
	}
	r.d.observer.Finished(r.d.cfg.Channel, finish)
}
