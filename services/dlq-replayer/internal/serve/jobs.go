package serve

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
)

// carryOn looks for jobs that no process runs, and runs them.
func (s *Server) carryOn(ctx context.Context, book *replay.Book) error {
	look := time.NewTicker(s.lookEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
		}
		job, silent, ok := book.Unfinished()
		if !ok || job.State == replay.StateRunning && silent < s.silence {
			continue
		}
		if err := s.run(ctx, job.ID); err != nil && ctx.Err() == nil {
			s.log.Warn("the job cannot be carried on now", zap.String("job", job.ID), zap.Error(err))
		}
	}
}

// run takes the lock and carries the job out, unless another process does.
func (s *Server) run(ctx context.Context, id string) error {
	start, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	session, err := s.cfg.Start(start)
	if errors.Is(err, replay.ErrHeld) {
		return nil
	}
	if err != nil {
		return err
	}
	defer session.Close()
	// What the session has read is newer than what this server has seen.
	job, ok := session.Book().Job(id)
	if !ok || job.State.Over() {
		return nil
	}
	s.setRunning(id)
	defer s.setRunning("")
	s.log.Info("carrying on a job", zap.String("job", id), zap.String("state", string(job.State)), zap.Int("passed", job.Counts.Passed()))
	last, err := session.Run(ctx, job, replay.Options{Patience: replay.DefaultPatience, Who: "dlq-replayer serve"})
	s.logEnd(last, err)
	return err
}

func (s *Server) logEnd(job replay.Job, err error) {
	if err != nil {
		s.log.Warn("the job was interrupted", zap.String("job", job.ID), zap.Error(err))
		return
	}
	s.log.Info("the job is over", zap.String("job", job.ID), zap.String("state", string(job.State)), zap.String("note", job.Note))
}

func (s *Server) setRunning(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = id
}
