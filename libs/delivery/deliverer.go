package delivery

import (
	"context"
	"errors"
	"runtime/debug"
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
}

// Deps are what a Deliverer works with.
type Deps struct {
	Sender      ports.Sender
	DeadLetters ports.DeadLetters
	Resolutions ports.Resolutions
	Observer    ports.Observer
	Gate        *Gate
	Rate        *Rate
}

// Deliverer takes events on one channel to their outcome. Safe for concurrent
// use; two tasks of one appointment must not run at the same time.
type Deliverer struct {
	cfg Config
	Deps
	// lookUps bounds how many look-ups run at once: they are many after a
	// crash, and none of them is urgent.
	lookUps chan struct{}
}

// ConcurrentLookUps is how many look-ups run at once, beside the sends.
const ConcurrentLookUps = 8

// New returns a deliverer.
func New(cfg Config, deps Deps) *Deliverer {
	deps.Observer = guarded{deps.Observer}
	return &Deliverer{cfg: cfg, Deps: deps, lookUps: make(chan struct{}, ConcurrentLookUps)}
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
	defer slot.Release()
	begin := time.Now()
	r := &run{Deliverer: d, ctx: ctx, task: t, ledger: l, slot: slot, stake: d.Gate.newStake()}
	defer r.stake.hold(false)
	outcome, err := r.outcome()
	if err != nil {
		return domain.Outcome{}, err
	}
	outcome.Attempts = r.attempts
	if err := r.steady(func() error { return r.conclude(outcome) }); err != nil {
		return domain.Outcome{}, err
	}
	finish := ports.Finish{Record: t.Record, Outcome: outcome, Took: time.Since(begin)}
	if t.Event != nil {
		finish.AppointmentID = t.Event.AppointmentID
	}
	d.Observer.Finished(d.cfg.Channel, finish)
	return outcome, nil
}

// run is one task under way.
type run struct {
	*Deliverer
	ctx    context.Context
	task   Task
	ledger ports.Ledger
	slot   *Slot
	note   ports.Notification

	// history is what the gate remembers of the message.
	history history
	// stake keeps the alarm of a halt while the message needs the provider.
	stake *stake

	// attempts counts sends, failures those that count against MaxAttempts,
	// refusals those after which it waited by itself, limits those for which the
	// provider named a delay.
	attempts, failures, refusals, limits int
	// active is the time that counts against MaxElapsed.
	active      time.Duration
	firstFailed time.Time
	// claimed is the claim that nothing was recorded of yet.
	claimed *ports.Claim
}

// outcome decides; a panic on the way becomes a dead letter instead of a dead
// process.
func (r *run) outcome() (o domain.Outcome, err error) {
	defer func() {
		if v := recover(); v != nil {
			r.Observer.Panicked(r.cfg.Channel, v, debug.Stack())
			o, err = r.panicked()
		}
	}()
	if o, done := r.admit(); done {
		return o, nil
	}
	return r.deliver()
}

// panicked gives up on the event. Before the claim nothing can have been sent.
func (r *run) panicked() (domain.Outcome, error) {
	f := &domain.Failure{Class: domain.ClassInvalidEvent, Code: "internal.panic", Detail: "the event made the worker panic; its log has the stack"}
	if r.claimed == nil {
		return domain.DeadLettered(f), nil
	}
	f.Class = domain.ClassUnknownOutcome
	c := *r.claimed
	return domain.DeadLettered(f), r.steady(func() error { return r.settle(c, ports.StateUnknown, f.Code) })
}

// steady runs a durable step again until it does not panic. Giving the record
// back would end in the same panic, over and over, with its whole lane; so it
// waits alone, keeping its offset, and says so.
func (r *run) steady(step func() error) error {
	for n := 1; ; n++ {
		panicked, err := r.try(step)
		if !panicked {
			return err
		}
		r.Observer.Alert(r.cfg.Channel, "internal.panic", "an outcome cannot be made durable because the worker panics; its log has the stack")
		if err := r.pause(ports.WaitRetry, refusalWait(n)); err != nil {
			return err
		}
	}
}

func (r *run) try(step func() error) (panicked bool, err error) {
	defer func() {
		if v := recover(); v != nil {
			r.Observer.Panicked(r.cfg.Channel, v, debug.Stack())
			panicked = true
		}
	}()
	return false, step()
}

// deliver asks the ledger what is known and acts on it until there is an
// outcome. After every wait it looks again, because time may have changed the
// answer.
func (r *run) deliver() (domain.Outcome, error) {
	for {
		o, done, err := r.remember()
		if done || err != nil {
			return o, err
		}
		p, waited, err := r.admission()
		if err != nil {
			return domain.Outcome{}, err
		}
		if waited {
			if o, done, err = r.remember(); done || err != nil {
				return o, err
			}
		}
		r.stake.hold(p.probe)
		if o, done, err = r.attempt(p); done || err != nil {
			return o, err
		}
	}
}

// admission waits until the message may be sent: until its recipient's own delay
// is over, until there is a start slot, and until the gate lets it in. waited
// reports whether time passed at the gate.
func (r *run) admission() (p permit, waited bool, err error) {
	delayed, err := r.sitOut()
	if err != nil {
		return permit{}, false, err
	}
	if err := r.slot.resume(r.ctx); err != nil {
		return permit{}, false, err
	}
	p, waited, err = r.Gate.enter(r.ctx, r.note.Recipient)
	return p, waited || delayed, err
}

// sitOut waits while the provider wants this recipient to wait, giving the slot
// back.
func (r *run) sitOut() (waited bool, err error) {
	if !r.Gate.mustWait(r.note.Recipient) {
		return false, nil
	}
	r.slot.Release()
	r.Observer.Waiting(r.cfg.Channel, ports.WaitRetry, 1)
	defer r.Observer.Waiting(r.cfg.Channel, ports.WaitRetry, -1)
	return r.Gate.sitOut(r.ctx, r.note.Recipient, r.note.Event.Time)
}

// conclude makes the outcome durable beyond the ledger, in the order that loses
// nothing: ledger (done), dead letter, resolution, and only then the offset.
func (r *run) conclude(o domain.Outcome) error {
	r.slot.Release() // however long it takes, others may start
	ctx, cancel := outlive(r.ctx, r.cfg.Timeout)
	defer cancel()
	if o.Status == domain.StatusDeadLettered {
		now := time.Now()
		first := r.firstFailed
		if first.IsZero() {
			first = now
		}
		err := r.DeadLetters.Publish(ctx, ports.DeadLetter{
			Record: r.task.Record, Channel: r.cfg.Channel, Failure: o.Failure,
			Attempts: r.attempts, FirstFailedAt: first, FailedAt: now,
		})
		if err != nil {
			return err
		}
	}
	replay := r.task.Record.Replay
	if replay == nil {
		return nil
	}
	return r.Resolutions.Resolve(ctx, ports.Resolution{
		DeadLetterID: replay.DeadLetterID, Channel: r.cfg.Channel, Job: replay.Job,
		ReplayCount: replay.Count, Outcome: o, At: time.Now(),
	})
}

// outlive returns a context that ends a while after ctx does: what is on its way
// to being durable when a lane is given up is worth the moment that it takes.
func outlive(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		time.AfterFunc(grace, func() { cancel(context.Cause(ctx)) })
	})
	return longer, func() {
		stop()
		cancel(nil)
	}
}

// ErrDeadLettersDisabled is returned by a dead-letter store that is switched
// off: the worker stops at the first failure that would be dead-lettered.
var ErrDeadLettersDisabled = errors.New("a record has to be dead-lettered but KAFKA_DLQ_ENABLED is false: repair the cause or enable the dead-letter topic; its offset is not committed")
