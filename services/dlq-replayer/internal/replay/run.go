package replay

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
)

const (
	// maxBatch bounds how many dead letters one transaction replays.
	maxBatch = 50
	// batchesPerSecond is how often a job writes, where its rate allows.
	batchesPerSecond = 10
	// beat is how often a job's state is written while it waits.
	beat = 3 * time.Second
	// settle is how long a job that stopped by itself waits for the outcomes of
	// what it had sent out.
	settle = 10 * time.Second
)

// DefaultPatience is how long a job waits for the next outcome before it ends
// and reports the rest as pending. A worker that has to ask its provider may
// take half an hour.
const DefaultPatience = time.Minute

// Event tells whoever watches a job what happened.
type Event struct {
	// Job is the state after the event.
	Job Job
	// Resolution is the outcome of one replay; nil when the event is none.
	Resolution *envelope.Resolution
	// Left says why the dead letter with the id LeftID was not replayed.
	LeftID, Left string
}

// Options are how a job is run.
type Options struct {
	// Patience is how long to wait for the next outcome.
	Patience time.Duration
	// Stop ends the job when it is closed; it can be resumed. The end of the
	// context, in contrast, leaves it to whoever comes next.
	Stop <-chan struct{}
	// Watch is called with each event, by one goroutine.
	Watch func(Event)
}

// run is a job under way. All of its state belongs to one goroutine.
type run struct {
	session *Session
	job     Job
	opts    Options
	window  *window
	limiter *rate.Limiter
	picks   chan pick
	// ended is set when no more picks will come.
	ended bool
	// moved is when something last went out or came back, written when the
	// job's state was last written, and dirty whether that is behind.
	moved, written time.Time
	dirty          bool
}

// Run carries the job out and returns it as it ended. An error means that this
// process could not go on: the job can be resumed.
func (s *Session) Run(ctx context.Context, job Job, opts Options) (Job, error) {
	r := &run{
		session: s, job: job.clone(), opts: opts, window: newWindow(job.Outstanding),
		limiter: rate.NewLimiter(rate.Limit(job.Rate), 2*batchSize(job.Rate)), moved: time.Now(),
	}
	r.limiter.AllowN(time.Now(), r.limiter.Burst()) // It begins empty: the rate holds from the first second.
	items := s.selection(&r.job)
	action := ActionReplay
	if r.job.State != StateQueued {
		action = ActionResume
	}
	r.job.State, r.job.Note = StateRunning, ""
	if err := r.begin(ctx, action, len(items)); err != nil {
		return r.job, err
	}
	err := r.work(ctx, items)
	return r.job, err
}

// selection returns what is left to do for the job. Its first run decides how
// many there are in all.
func (s *Session) selection(job *Job) []index.Item {
	order := job.Order
	if order.Limit > 0 && job.Total > 0 {
		if order.Limit = job.Total - job.Counts.Passed(); order.Limit <= 0 {
			return nil
		}
	}
	items := order.Plan(s.reader.Index, job.Bounds, int(s.layout.MaxRecordBytes)).Items
	if job.Total == 0 {
		job.Total = len(items)
	}
	return items
}

// batchSize is how many are replayed at once.
func batchSize(perSecond float64) int {
	return min(max(1, int(perSecond/batchesPerSecond)), maxBatch)
}

// work runs the three goroutines of a job: one reads the selected dead letters,
// one follows what workers say, and this one decides.
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

// loop goes on until the job is over.
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

// ready returns the picks while window and rate allow a batch, else nothing.
func (r *run) ready() <-chan pick {
	size := batchSize(r.job.Rate)
	if r.ended || r.window.free() == 0 || int(r.limiter.Tokens()) < min(size, r.window.free()) {
		return nil
	}
	return r.picks
}

// verdict tells whether the job is over.
func (r *run) verdict() (State, string) {
	out, impatient := len(r.window.outstanding), time.Since(r.moved) > r.opts.Patience
	switch by := r.session.book.cancelled(r.job.ID); {
	case by != "":
		return StateCancelled, "asked for by " + by
	case r.window.failing():
		return StateStopped, fmt.Sprintf("more than half of the last %d replays failed again: the cause is not repaired", trial)
	case r.ended && out == 0:
		return StateDone, ""
	case r.ended && impatient:
		return StateDone, fmt.Sprintf("%d replays have no outcome yet", out)
	case !r.ended && impatient && r.window.free() == 0:
		return StateStopped, fmt.Sprintf("no outcome for %s while %d replays are out: is the worker running?", r.opts.Patience, out)
	}
	return StateRunning, ""
}

// collect counts the outcomes of what is out.
func (r *run) collect() {
	for id := range r.window.outstanding {
		res, ok := r.session.reader.Index.Resolution(id)
		if !ok || res.Job != r.job.ID || !res.Status.Final() {
			continue
		}
		r.window.back(id, res.Status == envelope.ResolutionFailed)
		switch res.Status {
		case envelope.ResolutionSent:
			r.job.Counts.Sent++
		case envelope.ResolutionFailed:
			r.job.Counts.Failed++
		case envelope.ResolutionSkipped, envelope.ResolutionReplayed, envelope.ResolutionDiscarded:
			count(&r.job.Counts.Skipped, res.Reason)
		}
		r.moved, r.dirty = time.Now(), true
		r.tell(Event{Resolution: &res})
	}
}

func (r *run) tell(e Event) {
	if r.opts.Watch != nil {
		e.Job = r.job.clone()
		r.opts.Watch(e)
	}
}

func count(m *map[string]int, key string) {
	if *m == nil {
		*m = make(map[string]int)
	}
	(*m)[key]++
}
