package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/libs/mask"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
)

// resume shows the rest of a job, or goes on with it.
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
		if c.Rate != nil {
			job.Rate = *c.Rate
		}
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
	job = shown(job.Heard(l.reader.Index))
	if c.Rate != nil {
		job.Rate = *c.Rate
	}
	if c.json() {
		return writeJSON(in.stdout, job)
	}
	fmt.Fprintf(in.stdout, "job %s by %s (%s) is %s: %s; at most %g a second\n", job.ID, job.Who, job.Reason, job.State, account(job), job.Rate)
	if !job.State.Resumable() {
		fmt.Fprintln(in.stdout, "Nothing to do.")
		return nil
	}
	fmt.Fprintln(in.stdout, "This was a dry run. The same command with --yes --reason \"…\" goes on with it.")
	return nil
}

// shown returns the job as it may be printed.
func shown(j replay.Job) replay.Job {
	j.Filter.Text, j.Filter.Appointment = mask.Text(j.Filter.Text), mask.Identifier(j.Filter.Appointment)
	return j
}

// reasons is a number with each reason, in words.
func reasons(name string, counts map[string]int) (parts []string) {
	for _, reason := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s %d (%s)", name, counts[reason], strings.ReplaceAll(reason, "_", " ")))
	}
	return parts
}

// account returns a sentence with the counts of all selected dead letters.
func account(j replay.Job) string {
	parts := []string{fmt.Sprintf("%d selected", j.Total), fmt.Sprintf("sent %d", j.Counts.Sent), fmt.Sprintf("failed %d", j.Counts.Failed)}
	parts = append(parts, reasons("skipped", j.Counts.Skipped)...)
	parts = append(parts, reasons("left", j.Counts.Left)...)
	parts = append(parts, reasons("pending", j.Pending())...)
	return strings.Join(parts, ", ")
}

// refused explains why a session did not reach the end of a job.
func refused(job replay.Job, err error) error {
	switch {
	case errors.Is(err, replay.ErrDone) || errors.Is(err, replay.ErrOver):
		return fmt.Errorf("job %s: %w", job.ID, err)
	case errors.Is(err, replay.ErrFenced) || errors.Is(err, replay.ErrLockLost):
		return fmt.Errorf("job %s was interrupted: %w. `dlq-replayer jobs` shows what became of it", job.ID, err)
	}
	return fmt.Errorf("job %s was interrupted: %w. Go on with `dlq-replayer replay --resume %s`", job.ID, err, job.ID)
}
