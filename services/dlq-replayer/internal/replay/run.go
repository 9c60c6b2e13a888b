package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/time/rate"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
)

const (
	// maxBatch bounds how many dead letters one transaction replays.
	maxBatch = 50
	// batchesPerSecond is how often a job writes, if its rate allows.
	batchesPerSecond = 10
	// defaultBeat is how often a job's state is written while it waits.
	defaultBeat = 3 * time.Second
	// settle is how long a job that stopped by itself waits for outstanding outcomes.
	settle = 10 * time.Second
)

// DefaultPatience is how long a job waits for the next outcome before it ends
// and reports the rest as pending. A worker that has to ask its provider may
// take half an hour.
const DefaultPatience = time.Minute

// Event is something that happened to a job, for Options.Watch.
type Event struct {
	// Job is the state after the event.
	Job Job
	// Resolution is the outcome of one replay; nil for other events.
	Resolution *envelope.Resolution
	// Left is the reason why the dead letter with the id LeftID was not replayed.
	LeftID, Left string
}

// Options are the options of a run.
type Options struct {
	// Patience is how long to wait for the next outcome.
	Patience time.Duration
	// Beat is how often the state of a job that waits is written, so that others
	// see that it lives; 0 means 3 s.
	Beat time.Duration
	// Who is the name, for the audit, under which a job whose process died is carried
	// on.
	Who string
	// Stop ends the job when it is closed; the job can be resumed. The end of the
	// context, in contrast, leaves it to the next process.
	Stop <-chan struct{}
	// Correction is the correction of a job whose order Corrects.
	Correction *Correction
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
	// ended is set once there are no more picks.
	ended bool
	// moved is when a replay was last sent or answered, written when the job's state
	// was last written; dirty is set while that state is out of date.
	moved, written time.Time
	dirty          bool
	// saved is the job as it was last written.
	saved Job
}

// ErrOver means that the job has ended; only Resume can continue it.
var ErrOver = errors.New("the job is over")

// ErrDone means that there is nothing left to resume.
var ErrDone = errors.New("the job cannot be resumed")

// Run carries out a job that has not ended and returns it as last written. If the job
// was cancelled before, Run ends it and replays nothing. An error means that this
// process could not go on; the job can be resumed.
func (s *Session) Run(ctx context.Context, job Job, opts Options) (Job, error) {
	if job.State.Over() {
		return job, fmt.Errorf("%w: %s", ErrOver, job.State)
	}
	r := s.newRun(job, opts)
	action, who := ActionReplay, job.Actor()
	if job.State == StateRunning {
		action, who = ActionCarryOn, Resumption{Who: opts.Who, Reason: "its process is gone"}
	}
	if by := s.book.cancelled(job); by != "" {
		r.collect()
		err := r.finish(ctx, StateCancelled, "asked for by "+by)
		return r.saved, err
	}
	err := r.carryOut(ctx, action, who)
	return r.saved, err
}

// Resume continues a job that was interrupted, stopped or cancelled, and revokes its
// cancellation. Otherwise it is like Run.
func (s *Session) Resume(ctx context.Context, job Job, by Resumption, opts Options) (Job, error) {
	if !job.State.Resumable() {
		return job, fmt.Errorf("%w: it is %s", ErrDone, job.State)
	}
	job.Run++
	job.Resumed = &by
	r := s.newRun(job, opts)
	err := r.carryOut(ctx, ActionResume, by)
	return r.saved, err
}

func (s *Session) newRun(job Job, opts Options) *run {
	if opts.Beat <= 0 {
		opts.Beat = defaultBeat
	}
	if known, ok := s.book.Job(job.ID); ok && job.Selected == nil {
		job.Selected = known.Selected // lists of jobs lack the selection
	}
	return &run{session: s, job: job.clone(), saved: job, opts: opts, window: newWindow(job.Outstanding), moved: time.Now()}
}

// carryOut begins the job, or a further run of it, and works until it is over.
func (r *run) carryOut(ctx context.Context, action Action, who Resumption) error {
	if err := cmp.Or(r.job.check(), r.uncorrected()); err != nil {
		return r.finish(ctx, StateRefused, err.Error())
	}
	r.limiter = rate.NewLimiter(rate.Limit(r.job.Rate), 2*batchSize(r.job.Rate))
	r.limiter.AllowN(time.Now(), r.limiter.Burst()) // begin without tokens, so that the rate holds from the first second
	r.job.State, r.job.Note = StateRunning, ""
	r.job.RunAt, r.job.RunFrom = time.Now().UTC().Truncate(time.Millisecond), r.job.Counts.Passed()
	if err := r.begin(ctx, action, who); err != nil {
		return err
	}
	return r.work(ctx, r.rest())
}

// uncorrected returns ErrNoCorrection if the job still has to write a corrected
// recipient that this process does not know. It would send to the old recipient.
func (r *run) uncorrected() error {
	if r.job.Corrects && r.opts.Correction == nil && r.job.Counts.Passed() < r.job.Total {
		return ErrNoCorrection
	}
	return nil
}

// rest returns the remaining items. For those that the index no longer holds only the
// place is known.
func (r *run) rest() []index.Item {
	type place struct {
		partition int32
		offset    int64
	}
	known := make(map[place]index.Item)
	for _, item := range r.session.reader.Index.Select(index.Filter{}) {
		known[place{item.Partition, item.Offset}] = item
	}
	var items []index.Item
	for partition, offsets := range r.job.Selected.from(r.job.Cursor) {
		for _, offset := range offsets {
			item := known[place{partition, offset}]
			item.Partition, item.Offset = partition, offset
			items = append(items, item)
		}
	}
	return items
}
