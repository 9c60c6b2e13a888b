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
	// The session has read newer records than this server.
	job, ok := session.Book().Job(id)
	if !ok || job.State.Over() {
		return nil
	}
	if !s.takeUp(ctx, id) {
		return nil
	}
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

// takeUp records that the job is carried out from now on, unless the round is over.
func (s *Server) takeUp(ctx context.Context, id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil {
		return false
	}
	s.running = id
	return true
}

// unlessRunning ends the round unless a job is under way, and reports whether it did.
// Reading everything again would interrupt the job that the round carries on, and would
// need a third index in memory, in addition to the server's and the job's own. It
// decides and ends the round under the lock of takeUp:
//
//	nothing runs; a job is taken up, and its audit is written; the round ends
//	the next round would audit it again, as that of a process that is gone
func (s *Server) unlessRunning(end context.CancelFunc) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running != "" {
		return false
	}
	end()
	return true
}

func (s *Server) setRunning(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = id
}
