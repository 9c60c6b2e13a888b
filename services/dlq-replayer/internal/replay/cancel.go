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

// ErrNoJob means that there is no job with that id.
var ErrNoJob = errors.New("there is no such job")

// cancellation is the value of a record that asks for the end of a job. It
// holds for the run that its writer saw and for those before: resuming the job
// begins another run and so takes it back, starting the job does not.
type cancellation struct {
	Who string `json:"who"`
	Run int    `json:"run"`
}

func decodeCancellation(value []byte) (c cancellation) {
	if json.Unmarshal(value, &c) != nil {
		return cancellation{} // Without a name it cancels nothing.
	}
	return c
}

// Cancel ends the job with that id and returns it as it is then. While another
// process runs it, Cancel asks that process and waits a moment. A job that is
// not over when Cancel returns is ended by whichever process takes it up next.
func (c Config) Cancel(ctx context.Context, id, who, reason string) (Job, error) {
	job, err := c.cancelFree(ctx, id, who, reason)
	if !errors.Is(err, ErrHeld) {
		return job, err
	}
	if job, err = c.askToEnd(ctx, id, who, reason); err != nil || job.State != StateRunning {
		return job, err
	}
	// Its process may have died in the meantime. It has been asked for already.
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

// askToEnd leaves word for the job's process, and waits while that runs it.
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

// awaitEnd follows the job until it is over, for as long as heed. The job
// may have been resumed just before the cancellation: then it is asked for again.
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

// Ask leaves word that the job's present run is to end, and waits for nothing.
// Cancel is Ask for those who want to know what came of it.
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

// Cancel ends a job that no process runs and returns it as it is then. What it
// did not come to stays as it was.
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
