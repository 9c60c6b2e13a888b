package delivery

import (
	"context"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// conclude makes the outcome durable, in the order that loses nothing: ledger,
// dead letter, outcome, resolution, and only then the offset.
func (r *run) conclude(o *domain.Outcome) error {
	r.slot.Release() // the writes may take long: let other records start
	if err := r.leaveNote(o); err != nil {
		return err
	}
	ctx, cancel := r.grace()
	defer cancel()
	if o.Status == domain.StatusDeadLettered {
		now := time.Now()
		first := r.firstFailed
		if first.IsZero() {
			first = now
		}
		span := r.trace.Step(ports.StepDeadLetter, now)
		err := r.d.deps.DeadLetters.Publish(ctx, ports.DeadLetter{
			Record: r.task.Record, Channel: r.d.cfg.Channel, Failure: o.Failure,
			Attempts: r.attempts, FirstFailedAt: first, FailedAt: now, Trace: span.Context(),
		})
		span.End(failureOf(err))
		if err != nil {
			return err
		}
	}
	own := r.own(o)
	if err := r.tell(ctx, own); err != nil {
		return err
	}
	replay := r.task.Record.Replay
	if replay == nil {
		return nil
	}
	span := r.step(ports.StepResolution)
	err := r.d.deps.Resolutions.Resolve(ctx, ports.Resolution{
		DeadLetterID: replay.DeadLetterID, Channel: r.d.cfg.Channel, Job: replay.Job,
		ReplayCount: replay.Count, Outcome: own, At: time.Now(),
	})
	span.End(failureOf(err))
	return err
}

// grace returns the context for the writes that make an outcome durable. While the lane
// is ours, all its records share one; after that each run gets a grace period of its
// own.
func (r *run) grace() (context.Context, context.CancelFunc) {
	if r.ctx.Err() == nil && r.late != nil {
		return r.late, func() {}
	}
	return outlive(r.ctx, r.d.cfg.Timeout)
}

// outlive returns a context that ends grace after ctx does, so that an outcome that is
// being written when a lane is given up can still become durable.
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
