package serve

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
)

const (
	// feelEvery is how often a broker is pinged: a client that follows a topic retries
	// silently.
	feelEvery = 3 * time.Second
	feelWait  = 2 * time.Second
)

// feel records whether Kafka answers, until ctx is over.
func (s *Server) feel(ctx context.Context, reader *index.Reader) {
	every := time.NewTicker(feelEvery)
	defer every.Stop()
	for {
		select {
		case <-every.C:
		case <-ctx.Done():
			return
		}
		asking, cancel := context.WithTimeout(ctx, feelWait)
		err := reader.Ping(asking)
		cancel()
		if ctx.Err() != nil {
			return
		}
		s.mu.Lock()
		s.away = err
		s.mu.Unlock()
	}
}

// watch warns of dead letters that are about to be deleted and tidies up, until a part
// fails or it is time to read everything again. Then it ends the round with end.
func (s *Server) watch(ctx context.Context, reader *index.Reader, failed <-chan error, end context.CancelFunc) error {
	read := time.Now()
	check := time.NewTimer(0)
	defer check.Stop()
	for {
		select {
		case err := <-failed:
			return err
		case <-ctx.Done():
			return ctx.Err()
		case <-check.C:
			check.Reset(s.checkEvery)
			s.checkRetention(ctx, reader)
			s.tidy(ctx, reader)
			if due := time.Since(read) > s.reloadEvery || reader.Index.Roomy(); due && s.unlessRunning(end) {
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
	for _, text := range warnings(reader.Index, retention) {
		s.log.Warn(text)
	}
}

// warnings returns sentences about dead letters that are about to be deleted or are not
// in the index.
func warnings(x *index.Index, retention time.Duration) (texts []string) {
	for _, text := range []string{x.Expiring(retention, time.Now()).String(), x.Overflow(index.Filter{})} {
		if text != "" {
			texts = append(texts, text)
		}
	}
	return texts
}

func (s *Server) tidy(ctx context.Context, reader *index.Reader) {
	done, err := s.cfg.Tidy(ctx, reader)
	switch {
	case err != nil && ctx.Err() == nil:
		s.log.Warn("what became of dead letters cannot be tidied up", zap.Error(err))
	case done != replay.Tidied{}:
		s.log.Info("what became of dead letters is tidied up", zap.Int("repeated", done.Repeated), zap.Int("deleted", done.Deleted))
	}
}
