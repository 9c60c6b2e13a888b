package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
)

// resume shows what is left of a job, or goes on with it.
func (c replayCommand) resume(ctx context.Context, in *invocation, o replay.Order) error {
	if !c.Yes {
		return c.previewResume(ctx, in)
	}
	return c.follow(ctx, in, func(s *replay.Session) (replay.Job, error) {
		job, err := pickJob(s.Book(), c.Resume)
		if err == nil && job.State == replay.StateDone {
			in.note("job %s is done already: %s", job.ID, account(job))
			return replay.Job{}, nil
		}
		return job, err
	}, func(s *replay.Session, job replay.Job, opts replay.Options) (replay.Job, error) {
		return s.Resume(ctx, job, replay.Resumption{Who: o.Who, Reason: o.Reason}, opts)
	})
}

func (c replayCommand) previewResume(ctx context.Context, in *invocation) error {
	l, err := in.open(ctx, c.connection)
	if err != nil {
		return err
	}
	defer l.reader.Close()
	job, err := pickJob(l.book, c.Resume)
	if err != nil {
		return err
	}
	job = job.Heard(l.reader.Index)
	if c.json() {
		return writeJSON(in.stdout, job)
	}
	fmt.Fprintf(in.stdout, "job %s by %s (%s) is %s: %s\n", job.ID, job.Who, job.Reason, job.State, account(job))
	if !job.State.Resumable() {
		fmt.Fprintln(in.stdout, "Nothing to do.")
		return nil
	}
	fmt.Fprintln(in.stdout, "This was a dry run. The same command with --yes --reason \"…\" goes on with it.")
	return nil
}

// account says what became of all that the job selected.
func account(j replay.Job) string {
	parts := []string{fmt.Sprintf("%d selected", j.Total), fmt.Sprintf("sent %d", j.Counts.Sent), fmt.Sprintf("failed %d", j.Counts.Failed)}
	for _, group := range []struct {
		name    string
		reasons map[string]int
	}{{"skipped", j.Counts.Skipped}, {"left", j.Counts.Left}, {"pending", j.Pending()}} {
		for _, reason := range slices.Sorted(maps.Keys(group.reasons)) {
			parts = append(parts, fmt.Sprintf("%s %d (%s)", group.name, group.reasons[reason], strings.ReplaceAll(reason, "_", " ")))
		}
	}
	return strings.Join(parts, ", ")
}

// refused explains why a session did not come to the end of a job.
func refused(job replay.Job, err error) error {
	switch {
	case errors.Is(err, replay.ErrDone) || errors.Is(err, replay.ErrOver):
		return fmt.Errorf("job %s: %w", job.ID, err)
	case errors.Is(err, replay.ErrFenced) || errors.Is(err, replay.ErrLockLost):
		return fmt.Errorf("job %s was interrupted: %w. `dlq-replayer jobs` shows what became of it", job.ID, err)
	}
	return fmt.Errorf("job %s was interrupted: %w. Go on with `dlq-replayer replay --resume %s`", job.ID, err, job.ID)
}
