package serve

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
)

// Correct returns the correction of the one dead letter that p selects.
func (s *Server) Correct(ctx context.Context, p replay.Plan, recipient string) (*replay.Correction, error) {
	ctx, done, err := s.ask(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	return s.cfg.Correct(ctx, p, recipient)
}

// foreseeTimeout bounds how long the ledgers may be read for a preview.
const foreseeTimeout = time.Minute

// Foresee forecasts, from the ledgers, how the replay of p's dead letters would end.
func (s *Server) Foresee(ctx context.Context, p replay.Plan) (replay.Forecast, error) {
	ctx, done, err := s.ask(ctx)
	if err != nil {
		return replay.Forecast{}, err
	}
	defer done()
	return s.cfg.Foresee(ctx, p)
}

// ask waits for its turn to read the ledgers. It fails at once while Kafka is away.
func (s *Server) ask(ctx context.Context) (limited context.Context, done func(), err error) {
	if err := s.Ready(); err != nil {
		return nil, nil, err
	}
	limited, cancel := context.WithTimeout(ctx, foreseeTimeout)
	select {
	case s.asking <- struct{}{}:
		return limited, func() { cancel(); <-s.asking }, nil
	case <-limited.Done():
		cancel()
		return nil, nil, limited.Err()
	}
}

// sayTimeout bounds how long a person waits for a record to be written. The record may
// still be written after that: a late cancellation does no harm, and neither does an
// audit record of recipients that were not shown.
const sayTimeout = 10 * time.Second

// Cancel asks for the end of the job.
func (s *Server) Cancel(ctx context.Context, job replay.Job, who, reason string) error {
	ctx, cancel := context.WithTimeout(ctx, sayTimeout)
	defer cancel()
	return s.cfg.Ask(ctx, job, who, reason)
}

// Reveal records that the recipients of a dead letter are about to be shown. If it
// fails, they must not be shown.
func (s *Server) Reveal(ctx context.Context, who, id string) error {
	ctx, cancel := context.WithTimeout(ctx, sayTimeout)
	defer cancel()
	return s.cfg.Reveal(ctx, who, index.Filter{IDs: []string{id}}, 1)
}

// recordTimeout bounds how long one record may be read.
const recordTimeout = 10 * time.Second

// Record reads a dead letter's record. It returns index.ErrGone if the topic no longer
// holds it.
func (s *Server) Record(ctx context.Context, item index.Item) (*kgo.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	return index.Get(ctx, s.cfg.Topics.DLQ, item.Partition, item.Offset, s.cfg.Opts...)
}
