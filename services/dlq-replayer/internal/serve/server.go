// Package serve is the replayer as a service: it keeps the index, tells how many
// dead letters wait and for how long, and carries on jobs that were left to it
// or whose process died.
package serve

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
)

const (
	// loadTimeout bounds how long the dead letters may take to be read.
	loadTimeout = 5 * time.Minute
	// maxPause bounds the pause after a failure.
	maxPause = 30 * time.Second
)

// Server keeps an index up to date. Its methods other than Run may be called
// concurrently.
type Server struct {
	cfg replay.Config
	log *zap.Logger
	// lookEvery is how often jobs are looked for.
	lookEvery time.Duration
	// silence is how long a running job has to be silent to be taken for dead.
	silence time.Duration

	mu        sync.Mutex
	reader    *index.Reader
	book      *replay.Book
	retention time.Duration
	problem   error
	running   string
}

// New returns a server that has yet to Run.
func New(cfg replay.Config, log *zap.Logger) *Server {
	return &Server{
		cfg: cfg, log: log, lookEvery: 2 * time.Second, silence: 20 * time.Second,
		problem: errors.New("the dead letters are not read yet"),
	}
}

// Run serves until ctx is over. It returns early only with a
// *topics.MismatchError: everything else is worth another try.
func (s *Server) Run(ctx context.Context) error {
	pause := time.Second
	for {
		started := time.Now()
		err := s.round(ctx)
		var mismatch *topics.MismatchError
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.As(err, &mismatch):
			return err
		case time.Since(started) > maxPause:
			pause = time.Second
		}
		s.log.Warn("the dead letters cannot be followed, trying again", zap.Error(err), zap.Duration("pause", pause))
		s.fail(err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		pause = min(2*pause, maxPause)
	}
}

// errReload ends a round so that the next one reads everything anew.
var errReload = errors.New("the index has room for dead letters that it left out")

// round reads all dead letters and follows them until something fails.
func (s *Server) round(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	reader, book, err := s.load(ctx)
	if err != nil {
		return err
	}
	defer reader.Close()
	failed := make(chan error, 2)
	var parts sync.WaitGroup
	parts.Go(func() { failed <- reader.Follow(ctx) })
	parts.Go(func() { failed <- s.carryOn(ctx, book) })
	err = s.watch(ctx, reader, failed)
	cancel()
	parts.Wait()
	return err
}

func (s *Server) load(ctx context.Context) (*index.Reader, *replay.Book, error) {
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	if _, err := s.cfg.Check(ctx); err != nil {
		return nil, nil, err
	}
	reader, book, err := s.cfg.Open(ctx)
	if err != nil {
		return nil, nil, err
	}
	stats := reader.Index.Stats(index.Filter{})
	s.log.Info("dead letters are read", zap.Int("held", stats.Held), zap.Int("unresolved", stats.Depth()))
	s.mu.Lock()
	s.reader, s.book, s.problem = reader, book, nil
	s.mu.Unlock()
	return reader, book, nil
}

// watch warns of what is about to be lost, until a part fails.
func (s *Server) watch(ctx context.Context, reader *index.Reader, failed <-chan error) error {
	const every = time.Minute
	check := time.NewTimer(0)
	defer check.Stop()
	for {
		select {
		case err := <-failed:
			return err
		case <-ctx.Done():
			return ctx.Err()
		case <-check.C:
			check.Reset(every)
			s.checkRetention(ctx, reader)
			if held, limit, left := reader.Index.Size(); left > 0 && held < limit/2 {
				return errReload
			}
		}
	}
}

func (s *Server) checkRetention(ctx context.Context, reader *index.Reader) {
	retention, err := reader.Retention(ctx)
	if err != nil {
		s.log.Warn("the dead-letter topic's retention cannot be read", zap.Error(err))
		return
	}
	s.mu.Lock()
	s.retention = retention
	s.mu.Unlock()
	if text := reader.Index.Expiring(retention, time.Now()).String(); text != "" {
		s.log.Warn(text)
	}
}

func (s *Server) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.problem = err
}

// Ready tells why the index is not up to date; nil when it is.
func (s *Server) Ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.problem == nil {
		return nil
	}
	return fmt.Errorf("the dead letters cannot be followed: %w", s.problem)
}

// current returns the index, or nil before it was read for the first time.
func (s *Server) current() (*index.Index, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reader == nil {
		return nil, 0
	}
	return s.reader.Index, s.retention
}
