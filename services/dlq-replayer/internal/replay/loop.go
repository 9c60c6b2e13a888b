package replay

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
)

// batchSize is how many dead letters one batch replays at a rate.
func batchSize(perSecond float64) int {
	return min(max(1, int(perSecond/batchesPerSecond)), maxBatch)
}

// work runs the three goroutines of a job: one reads the selected dead letters, one
// follows the workers' resolutions, and this one decides.
func (r *run) work(ctx context.Context, items []index.Item) error {
	p, err := newPicker(r.session.cfg.Topics.DLQ, items, r.session.cfg.Opts...)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	r.picks = make(chan pick, maxBatch)
	failed := make(chan error, 2)
	var helpers sync.WaitGroup
	helpers.Go(func() { failed <- p.run(ctx, r.picks) })
	helpers.Go(func() { failed <- r.session.reader.FollowResolutions(ctx) })
	err = r.loop(ctx, failed)
	cancel()
	helpers.Wait()
	return err
}

// loop runs until the job is over.
func (r *run) loop(ctx context.Context, failed <-chan error) error {
	tick := time.NewTicker(time.Second / (2 * batchesPerSecond))
	defer tick.Stop()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		r.collect()
		if state, note := r.verdict(); state != StateRunning {
			return r.finish(ctx, state, note)
		}
		select {
		case p, open := <-r.ready():
			if err := r.replay(ctx, p, open); err != nil {
				return err
			}
		case <-r.session.news:
		case <-tick.C:
			if err := r.keepAlive(ctx); err != nil {
				return err
			}
		case <-r.opts.Stop:
			return r.finish(ctx, StateCancelled, "interrupted")
		case <-r.session.lock.lost:
			return ErrLockLost
		case err := <-failed:
			if err != nil {
				return err
			}
		}
	}
}

// ready returns the channel of picks while window and rate allow a batch, otherwise
// nil.
func (r *run) ready() <-chan pick {
	size := batchSize(r.job.Rate)
	if r.ended || r.window.free() == 0 || int(r.limiter.Tokens()) < min(size, r.window.free()) {
		return nil
	}
	return r.picks
}

// verdict reports whether the job is over.
func (r *run) verdict() (State, string) {
	impatient := time.Since(r.moved) > r.opts.Patience && (r.ended || r.window.free() == 0)
	if impatient {
		r.overtaken()
	}
	out := len(r.window.outstanding)
	switch by := r.session.book.cancelled(r.job); {
	case by != "":
		return StateCancelled, "asked for by " + by
	// Once all are through there is nothing that it could stop.
	case r.window.failing() && r.job.Counts.Passed() < r.job.Total:
		return StateStopped, fmt.Sprintf("more than half of the last %d replays failed again: the cause is not repaired", trial)
	case r.ended && out == 0:
		return StateDone, ""
	case r.ended && impatient:
		return StateDone, fmt.Sprintf("%d replays had no outcome when it ended", out)
	case impatient && r.window.free() == 0:
		return StateStopped, fmt.Sprintf("no outcome for %s while %d replays are out: is the worker running?", r.opts.Patience, out)
	}
	return StateRunning, ""
}

// collect counts the outcomes of the outstanding replays.
func (r *run) collect() {
	for id := range r.window.outstanding {
		res, ok := r.job.answer(r.session.reader.Index, id)
		if !ok {
			continue
		}
		r.window.back(id, res.Status == envelope.ResolutionFailed)
		r.job.Counts.outcome(res)
		r.moved, r.dirty = time.Now(), true
		r.tell(Event{Resolution: &res})
	}
}

// overtaken counts the replays whose outcome cannot come any more.
func (r *run) overtaken() {
	for id := range r.window.outstanding {
		if r.job.overtaken(r.session.reader.Index, id) {
			r.window.back(id, false)
			count(&r.job.Counts.Skipped, SkippedOvertaken)
			r.dirty = true
		}
	}
}

func (r *run) tell(e Event) {
	if r.opts.Watch != nil {
		e.Job = r.job.clone()
		r.opts.Watch(e)
	}
}
