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
	// Repeated counts resolutions that a late record had covered, Deleted those whose
	// dead letter is gone.
	Repeated, Deleted int
}

// Tidy makes the last record of each key of the resolutions topic the one that counts.
// It also deletes the resolutions whose dead letters the reader's Load no longer found,
// because compaction would keep them for ever. It needs no lock: doing either twice
// changes nothing, and a dead letter that was deleted a whole retention ago gets no
// further resolution.
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

// uncover repeats the resolutions that late records have covered.
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

// repeats returns the records that make the resolutions that count the last of their
// keys again.
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
