package replay

import (
	"context"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
)

// Tidied counts what Tidy wrote.
type Tidied struct {
	// Repeated are resolutions that a late word had covered, Deleted those whose
	// dead letter is gone.
	Repeated, Deleted int
}

// Tidy makes the last record of each key of the resolutions topic what counts,
// and deletes what the reader's Load found to belong to no dead letter any more:
// compaction alone would keep it for ever. It needs no lock: to do either twice
// changes nothing, and nothing is written about a dead letter that was deleted
// a whole retention ago.
func (c Config) Tidy(ctx context.Context, r *index.Reader) (Tidied, error) {
	records, err := repeats(r.Index)
	if err != nil {
		return Tidied{}, err
	}
	done := Tidied{Repeated: len(records)}
	for _, id := range r.TakeOrphans() {
		records = append(records, &kgo.Record{Topic: topics.Resolutions, Key: []byte(id)})
		done.Deleted++
	}
	for batch := range slices.Chunk(records, discardBatch) {
		if err := c.produce(ctx, batch...); err != nil {
			return Tidied{}, err
		}
	}
	return done, nil
}

// uncover repeats what a late word has covered up to now.
func (s *Session) uncover(ctx context.Context) error {
	if err := s.reader.Refresh(ctx); err != nil {
		return err
	}
	records, err := repeats(s.reader.Index)
	if err != nil || len(records) == 0 {
		return err
	}
	for batch := range slices.Chunk(records, discardBatch) {
		if err := s.commit(ctx, batch...); err != nil {
			return err
		}
	}
	return nil
}

// repeats returns the records that make what counts the last of its key again.
func repeats(x *index.Index) (records []*kgo.Record, err error) {
	for _, r := range x.Covered() {
		record, err := resolutionRecord(r)
		if err != nil {
			return nil, err
		}
		records = append(records, record)
	}
	return records, nil
}
