package replay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
)

// heed is how long a cancel waits for the job's process to end it. A
// process that died has lost the lock by then.
const heed = lockSession + 2*time.Second

// ErrNoJob means that no job has that id.
var ErrNoJob = errors.New("there is no such job")

// cancellation is the value of a record that asks for the end of a job. It holds for
// the run that its writer saw and for those before. Resuming the job begins another
// run, and so revokes the cancellation; starting the job does not.
type cancellation struct {
	Who string `json:"who"`
	Run int    `json:"run"`
}

func decodeCancellation(value []byte) (c cancellation) {
	if json.Unmarshal(value, &c) != nil {
		return cancellation{} // a cancellation without a name is ignored
	}
	return c
}

// Cancel ends the job with that id and returns its state. If another process runs the
// job, Cancel asks that process and waits a moment. A job that is not over when Cancel
// returns is ended by the process that takes it up next.
func (c Config) Cancel(ctx context.Context, id, who, reason string) (Job, error) {
	job, err := c.cancelFree(ctx, id, who, reason)
	if !errors.Is(err, ErrHeld) {
		return job, err
	}
	if job, err = c.askToEnd(ctx, id, who, reason); err != nil || job.State != StateRunning {
		return job, err
	}
	// The job's process may have died after it was asked.
	if ended, err := c.cancelFree(ctx, id, who, reason); err == nil {
		return ended, nil
	}
	return job, nil
}

// cancelFree takes the lock and ends the job itself.
func (c Config) cancelFree(ctx context.Context, id, who, reason string) (Job, error) {
	s, err := c.Start(ctx)
	if err != nil {
		return Job{}, err
	}
	defer s.Close()
	job, ok := s.book.Job(id)
	switch {
	case !ok:
		return Job{}, fmt.Errorf("%w: %s", ErrNoJob, id)
	case job.State.Over():
		return job, nil
	}
	return s.Cancel(ctx, job, who, reason)
}

// askToEnd asks the job's process to end it, and waits while that runs it.
func (c Config) askToEnd(ctx context.Context, id, who, reason string) (Job, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	book, news := NewBook(), make(chan struct{}, 1)
	reader, err := c.open(ctx, book, func(r *kgo.Record) { book.See(r); offer(news, struct{}{}) })
	if err != nil {
		return Job{}, err
	}
	defer reader.Close()
	job, ok := book.Job(id)
	if !ok {
		return Job{}, fmt.Errorf("%w: %s", ErrNoJob, id)
	}
	if job.State.Over() {
		return job, nil
	}
	if err := c.Ask(ctx, job, who, reason); err != nil || job.State == StateQueued {
		return job, err
	}
	return c.awaitEnd(ctx, reader, book, news, job, who, reason)
}

// awaitEnd follows the job until it is over, at most for heed. If the job was resumed
// just before the cancellation, it asks again.
func (c Config) awaitEnd(ctx context.Context, reader *index.Reader, book *Book, news <-chan struct{}, job Job, who, reason string) (Job, error) {
	ctx, cancel := context.WithTimeout(ctx, heed)
	failed := make(chan error, 1)
	var follower sync.WaitGroup
	follower.Go(func() { failed <- reader.FollowResolutions(ctx) })
	defer follower.Wait()
	defer cancel()
	for {
		select {
		case err := <-failed:
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return job, nil
			}
			return job, err
		case <-news:
		}
		now, _ := book.Job(job.ID)
		if now.State.Over() {
			return now, nil
		}
		if now.Run > job.Run {
			if err := c.Ask(ctx, now, who, reason); err != nil {
				return now, err
			}
		}
		job = now
	}
}

// Ask asks for the end of the job's present run and does not wait. Cancel also waits
// for the result.
func (c Config) Ask(ctx context.Context, job Job, who, reason string) error {
	record, err := cancelAudit(job, who, reason).record(c.Log)
	if err != nil {
		return err
	}
	value, err := json.Marshal(cancellation{Who: who, Run: job.Run})
	if err != nil {
		return fmt.Errorf("encode cancellation: %w", err)
	}
	return c.produce(ctx, record, &kgo.Record{Topic: topics.Resolutions, Key: []byte(cancelPrefix + job.ID), Value: value})
}

func cancelAudit(job Job, who, reason string) AuditRecord {
	return AuditRecord{
		At: time.Now(), Who: who, Action: ActionCancel, Job: job.ID, Filter: job.Filter, Count: job.Total, Reason: reason,
		DeadLetter: job.AcceptDuplicate,
	}
}

// Cancel ends a job that no process runs and returns its state. Dead letters that it
// did not reach stay as they were.
func (s *Session) Cancel(ctx context.Context, job Job, who, reason string) (Job, error) {
	record, err := cancelAudit(job, who, reason).record(s.cfg.Log)
	if err != nil {
		return job, err
	}
	r := s.newRun(job, Options{})
	r.collect()
	err = r.finish(ctx, StateCancelled, "asked for by "+who, record)
	return r.saved, err
}
