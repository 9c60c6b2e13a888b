package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
)

// execute takes the lock and carries a new job out.
func (c replayCommand) execute(ctx context.Context, in *invocation, o replay.Order) error {
	var correction *replay.Correction
	return c.follow(ctx, in, func(s *replay.Session) (job replay.Job, err error) {
		if job, err = c.job(in, s, o); o.Corrects && err == nil && job.ID != "" {
			correction, err = s.Correct(ctx, s.Plan(o), c.SetRecipient)
		}
		return job, usage(err)
	}, func(s *replay.Session, job replay.Job, opts replay.Options) (replay.Job, error) {
		opts.Correction = correction
		return s.Run(ctx, job, opts)
	})
}

// follow takes the lock, gets the job and shows its progress. A job without an id means
// that there is nothing to do.
func (c replayCommand) follow(ctx context.Context, in *invocation, get func(*replay.Session) (replay.Job, error),
	run func(*replay.Session, replay.Job, replay.Options) (replay.Job, error),
) error {
	stop, release := interrupts()
	defer release()
	s, err := in.start(ctx, c.connection)
	if err != nil {
		return err
	}
	defer s.Close()
	job, err := get(s)
	if err != nil || job.ID == "" {
		return err
	}
	show := newFollower(in, c.json(), job)
	last, err := run(s, job, replay.Options{Patience: c.Patience, Stop: stop, Watch: show.see})
	show.end(last)
	if err != nil {
		return refused(job, err)
	}
	return verdict(in, last)
}

// start takes the lock. When another process has it, the error says which job
// that process runs.
func (in *invocation) start(ctx context.Context, c connection) (*replay.Session, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	cfg, err := in.jobs(ctx)
	if err != nil {
		return nil, err
	}
	s, err := cfg.Start(ctx)
	if !errors.Is(err, replay.ErrHeld) {
		return s, err
	}
	reader, book, openErr := cfg.Open(ctx)
	if openErr != nil {
		return nil, err
	}
	defer reader.Close()
	if job, _, ok := book.Unfinished(); ok {
		return nil, fmt.Errorf("%w: %s", err, describe(job))
	}
	return nil, err
}

func describe(j replay.Job) string { return j.Describe(time.Now()) }

// job returns the new job to run; one without an id means that there is nothing
// to do.
func (c replayCommand) job(in *invocation, s *replay.Session, o replay.Order) (replay.Job, error) {
	// This process has the lock, so no other process runs the unfinished job.
	switch old, _, ok := s.Book().Unfinished(); {
	case ok && old.State == replay.StateQueued:
		in.note("job %s waits for a running `dlq-replayer serve`, and comes after this one", old.ID)
	case ok:
		in.note("job %s was interrupted; what it did not get to is still open, and `--resume %s` goes on with it", old.ID, old.ID)
	}
	plan := s.Plan(o)
	if err := check(o, plan); err != nil {
		return replay.Job{}, err
	}
	if len(plan.Items) == 0 {
		return replay.Job{}, in.printPlan(c.output, "replay", plan, replay.Forecast{})
	}
	return replay.NewJob(plan, time.Now())
}

// verdict turns the end of a job into the command's error. Failed replays outweigh
// pending ones.
func verdict(in *invocation, j replay.Job) error {
	pending := j.Counts.Unanswered()
	if pending > 0 && j.State == replay.StateDone {
		in.note("%d replays have no outcome yet: their worker still asks the provider, or is not running. "+
			"`dlq-replayer list --status replaying` shows them", pending)
	}
	if left := reasons("left", j.Counts.Left); len(left) > 0 {
		in.note("%d of %d were not replayed: %s", j.Counts.Passed()-j.Counts.Replayed, j.Total, strings.Join(left, ", "))
	}
	if j.State == replay.StateDone && j.LeftOut > 0 {
		in.note("job %s is done: %s", j.ID, j.Note)
	}
	switch {
	case j.State == replay.StateRefused:
		in.note("job %s is refused: %s", j.ID, j.Note)
		return exitCode(ExitFailed)
	case j.State != replay.StateDone:
		in.note("job %s %s: %s. Go on with `dlq-replayer replay --resume %s`", j.ID, j.State, j.Note, j.ID)
		return exitCode(ExitFailed)
	case j.Counts.Failed > 0:
		in.note("%d failed again; `dlq-replayer list` shows why", j.Counts.Failed)
		return exitCode(ExitFailed)
	case pending > 0:
		return exitCode(ExitPending)
	}
	return nil
}
