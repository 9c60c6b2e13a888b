// Package serve is the replayer as a service: it keeps the index up to date, measures
// how many dead letters wait and for how long, and carries out jobs that were submitted
// to it or whose process died.
package serve

import (
	"cmp"
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
	// lookEvery is how often it looks for jobs.
	lookEvery time.Duration
	// silence is how long a running job must be silent to count as dead.
	silence time.Duration
	// checkEvery is how often the index is checked. reloadEvery is how often everything
	// is read again: dead letters that a full index left out may be resolved by now,
	// and only a complete read shows which resolutions have lost their dead letter.
	checkEvery, reloadEvery time.Duration

	// orders are the jobs under way that people ordered on this server.
	orders sync.WaitGroup
	// asking bounds how many forecasts are made at once.
	asking chan struct{}
	// began is closed once Run has set ctx, which lasts as long as Run.
	began chan struct{}
	ctx   context.Context

	mu        sync.Mutex
	reader    *index.Reader
	book      *replay.Book
	retention time.Duration
	maxBytes  int
	problem   error
	// away is the error with which no broker answered the last time.
	away     error
	progress *index.Progress
	running  string
}

var errNotRead = errors.New("the dead letters are not read yet")

// New returns a server that has yet to Run.
func New(cfg replay.Config, log *zap.Logger) *Server {
	return &Server{
		cfg: cfg, log: log, lookEvery: 2 * time.Second, silence: 20 * time.Second,
		checkEvery: time.Minute, reloadEvery: 24 * time.Hour,
		problem: errNotRead, began: make(chan struct{}), asking: make(chan struct{}, 2),
	}
}

// Run serves until ctx is over. It returns early only with a *topics.MismatchError, and
// retries after all other errors. It is called once.
func (s *Server) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	s.ctx = ctx
	close(s.began)
	defer s.orders.Wait()
	defer cancel()
	return s.rounds(ctx)
}

func (s *Server) rounds(ctx context.Context) error {
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
		case errors.Is(err, errReload):
			s.log.Info("the dead letters are read anew")
			continue
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

// errReload ends a round so that the next one reads everything again. The present data
// stays in use until then.
var errReload = errors.New("time to read all dead letters anew")

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
	parts.Go(func() { s.feel(ctx, reader) })
	err = s.watch(ctx, reader, failed, cancel)
	cancel()
	parts.Wait()
	return err
}

func (s *Server) load(ctx context.Context) (*index.Reader, *replay.Book, error) {
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	layout, err := s.cfg.Check(ctx)
	if err != nil {
		return nil, nil, err
	}
	cfg := s.cfg
	cfg.Progress = new(index.Progress)
	s.mu.Lock()
	s.progress = cfg.Progress
	s.mu.Unlock()
	reader, book, err := cfg.Open(ctx)
	if err != nil {
		return nil, nil, err
	}
	stats := reader.Index.Stats(index.Filter{})
	s.log.Info("dead letters are read", zap.Int("held", stats.Held), zap.Int("unresolved", stats.Depth()))
	s.mu.Lock()
	s.reader, s.book, s.problem, s.away, s.maxBytes = reader, book, nil, nil, int(layout.MaxRecordBytes)
	s.mu.Unlock()
	return reader, book, nil
}

func (s *Server) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.problem = err
}

// Ready returns the reason why the index is not up to date, or nil.
func (s *Server) Ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := cmp.Or(s.problem, s.away); err != nil {
		return fmt.Errorf("the dead letters cannot be followed: %w", err)
	}
	return nil
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
