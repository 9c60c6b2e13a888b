package serve

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
)

// startTimeout bounds how long a person waits for a job to get the lock and read the
// dead letters.
const startTimeout = time.Minute

// Known is the data that the server has read. It stays in use while Kafka is away.
type Known struct {
	Index *index.Index
	Book  *replay.Book
	// Retention is how long the dead-letter topic keeps records; 0 is for ever.
	Retention time.Duration
	// MaxBytes is the largest record that the replay topics take.
	MaxBytes int
}

// Known returns the data that the server has read; ok is false before everything was
// read for the first time.
func (s *Server) Known() (k Known, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reader == nil {
		return Known{}, false
	}
	return Known{Index: s.reader.Index, Book: s.book, Retention: s.retention, MaxBytes: s.maxBytes}, true
}

// Progress returns how many of all records are read, while everything is read for the
// first time, or again; zeros before that is known.
func (s *Server) Progress() (read, all int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.progress == nil {
		return 0, 0
	}
	return s.progress.Get()
}

// Warnings returns sentences about dead letters that are about to be deleted or are not
// in the index.
func (s *Server) Warnings() []string {
	x, retention := s.current()
	if x == nil {
		return nil
	}
	return warnings(x, retention)
}

// BusyError means that a job cannot begin, because another one is not over.
type BusyError struct {
	// Job is the other job; without an id if it is unknown.
	Job replay.Job
}

// Error names the job.
func (e *BusyError) Error() string {
	if e.Job.ID == "" {
		return replay.ErrHeld.Error()
	}
	return "another job is not over: " + e.Job.Describe(time.Now())
}

// ErrChanged means that the dead letters are no longer those of the preview.
var ErrChanged = errors.New("what matches has changed since the preview")

// Confirmed is a preview that a person has confirmed.
type Confirmed struct {
	// ID is the job's id, made with the preview, so that confirming twice makes one
	// job.
	ID    string
	Order replay.Order
	// Bounds are the ends of the dead-letter topic for which the preview was made.
	Bounds map[int32]int64
	// Digest is that of the preview's plan, and Forecast its forecast.
	Digest   string
	Forecast replay.Forecast
	// Correction is set if the order Corrects.
	Correction *replay.Correction
}

// Replay begins the confirmed job and returns it. It returns a *BusyError while another
// job is not over, and ErrChanged if the dead letters have changed.
func (s *Server) Replay(ctx context.Context, c Confirmed) (replay.Job, error) {
	return s.begin(ctx, c.ID, func(session *replay.Session) (replay.Job, error) {
		plan := c.Order.Plan(session.Index(), c.Bounds, session.MaxBytes())
		if plan.Digest() != c.Digest {
			return replay.Job{}, ErrChanged
		}
		job, err := replay.NewJob(plan, time.Now())
		job.ID = c.ID
		job.Expect(c.Forecast)
		return job, err
	}, func(session *replay.Session, ctx context.Context, job replay.Job, opts replay.Options) (replay.Job, error) {
		opts.Correction = c.Correction
		return session.Run(ctx, job, opts)
	})
}

// Resume continues a job that was interrupted, stopped or cancelled, with the errors of
// Replay.
func (s *Server) Resume(ctx context.Context, id string, by replay.Resumption) (replay.Job, error) {
	return s.begin(ctx, "", func(session *replay.Session) (replay.Job, error) {
		job, ok := session.Book().Job(id)
		switch {
		case !ok:
			return job, replay.ErrNoJob
		case !job.State.Resumable():
			return job, fmt.Errorf("%w: it is %s", replay.ErrDone, job.State)
		}
		return job, nil
	}, func(session *replay.Session, ctx context.Context, job replay.Job, opts replay.Options) (replay.Job, error) {
		return session.Resume(ctx, job, by, opts)
	})
}

type carryOut func(*replay.Session, context.Context, replay.Job, replay.Options) (replay.Job, error)

// begin takes the lock, makes the job and lets it run for as long as the server. It
// returns as soon as others can see the job. If a job with the id exists already, it
// returns that.
func (s *Server) begin(ctx context.Context, id string, get func(*replay.Session) (replay.Job, error), run carryOut) (replay.Job, error) {
	session, err := s.session(ctx)
	var busy *BusyError
	if errors.As(err, &busy) && busy.Job.ID == id && id != "" {
		return busy.Job, nil
	}
	if err != nil {
		return replay.Job{}, err
	}
	job, known := session.Book().Job(id)
	if !known {
		if job, err = s.unlessBusy(session, get); err == nil {
			return s.launch(ctx, session, job, run)
		}
	}
	session.Close()
	return job, err
}

// unlessBusy calls get unless a job in the topics is not over. An interrupted job
// counts as well, because a server carries it on and it would continue after the new
// one.
func (s *Server) unlessBusy(session *replay.Session, get func(*replay.Session) (replay.Job, error)) (replay.Job, error) {
	if job, _, ok := session.Book().Unfinished(); ok {
		return replay.Job{}, &BusyError{job}
	}
	return get(session)
}

// session takes the lock. The caller closes the session. It fails at once while Kafka
// is away.
func (s *Server) session(ctx context.Context) (*replay.Session, error) {
	if err := s.Ready(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	session, err := s.cfg.Start(ctx)
	if !errors.Is(err, replay.ErrHeld) {
		return session, err
	}
	busy := new(BusyError)
	if known, ok := s.Known(); ok {
		busy.Job, _, _ = known.Book.Unfinished()
	}
	return nil, busy
}

// launch runs the job in the background, and waits until this server has read its
// record.
func (s *Server) launch(ctx context.Context, session *replay.Session, job replay.Job, run carryOut) (replay.Job, error) {
	<-s.began
	want := job.Run
	if _, known := session.Book().Job(job.ID); known {
		want++ // It is resumed.
	}
	failed := make(chan error, 1)
	s.setRunning(job.ID)
	s.orders.Go(func() {
		defer session.Close()
		defer s.setRunning("")
		last, err := run(session, s.ctx, job, replay.Options{Patience: replay.DefaultPatience, Who: job.Who})
		s.logEnd(last, err)
		failed <- err
	})
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		known, _ := s.Known()
		if heard, ok := known.Book.Job(job.ID); ok && heard.Run >= want {
			return heard, nil
		}
		select {
		case <-look.C:
		case err := <-failed:
			return job, err
		case <-ctx.Done():
			return job, nil // the job is under way anyway
		}
	}
}

// Discard marks the confirmed dead letters, with the errors of Replay.
func (s *Server) Discard(ctx context.Context, c Confirmed) (replay.Discarded, error) {
	session, err := s.session(ctx)
	if err != nil {
		return replay.Discarded{}, err
	}
	defer session.Close()
	plan := c.Order.PlanDiscard(session.Index(), c.Bounds)
	if plan.Digest() != c.Digest {
		return replay.Discarded{}, ErrChanged
	}
	return session.Discard(ctx, c.Order, plan)
}
