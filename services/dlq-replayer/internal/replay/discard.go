package replay

import (
	"context"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/mask"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
)

// discardBatch is how many dead letters one transaction discards.
const discardBatch = 500

// Discarded is the result of a discard.
type Discarded struct {
	Marked int `json:"discarded"`
	// Left counts the planned dead letters that were not marked, by reason: their
	// status in the meantime.
	Left map[string]int `json:"left,omitempty"`
}

// Discard marks the planned dead letters as not to be repaired. Nothing is deleted:
// retention does that. It checks the status of each again, so that the mark does not
// cover a worker's resolution that came after the plan. A resolution that comes at the
// same moment is written again behind the mark.
func (s *Session) Discard(ctx context.Context, o Order, p Plan) (done Discarded, err error) {
	if p.Err != nil {
		return done, p.Err
	}
	audit, err := AuditRecord{
		At: time.Now(), Who: o.Who, Action: ActionDiscard, Filter: p.Order.Filter, Count: len(p.Items), Reason: o.Reason,
	}.record(s.cfg.Log)
	if err != nil {
		return done, err
	}
	records, ahead := []*kgo.Record{audit}, len(p.Items)
	for items := range slices.Chunk(p.Items, discardBatch) {
		if err := s.reader.Refresh(ctx); err != nil {
			return done, err
		}
		marks, err := s.marks(p.Order, items, &done)
		if err != nil {
			return done, err
		}
		records = append(records, marks...)
		if ahead -= len(items); ahead == 0 {
			end, err := s.discarded(o, p, Discarded{done.Marked + len(marks), done.Left})
			if err != nil {
				return done, err
			}
			records = append(records, end)
		}
		if len(records) == 0 {
			continue
		}
		if err := s.commit(ctx, records...); err != nil {
			return done, err
		}
		done.Marked += len(marks)
		records = nil
	}
	return done, s.uncover(ctx)
}

// discarded returns the audit record of the end. It differs from the planned number if
// dead letters were resolved meanwhile. A discard that was interrupted has marked a
// part and has no such record.
func (s *Session) discarded(o Order, p Plan, done Discarded) (*kgo.Record, error) {
	return AuditRecord{
		At: time.Now(), Who: o.Who, Action: ActionEnd, Filter: p.Order.Filter, Count: done.Marked, Reason: o.Reason,
		Outcome: StateDone, Counts: &Counts{Left: done.Left},
	}.record(s.cfg.Log)
}

// marks returns the records that discard the items that o still selects.
func (s *Session) marks(o Order, items []index.Item, done *Discarded) ([]*kgo.Record, error) {
	reason := mask.Text(o.Reason)
	var marks []*kgo.Record
	for _, item := range items {
		if status := s.reader.Index.Status(item.ID, item.ReplayCount); !o.wantsDiscarded(status) {
			count(&done.Left, string(status))
			continue
		}
		r, err := resolutionRecord(envelope.Resolution{
			ID: item.ID, Channel: item.Channel, Status: envelope.ResolutionDiscarded, Reason: reason,
			ReplayCount: item.ReplayCount, At: time.Now().UTC(),
		})
		if err != nil {
			return nil, err
		}
		marks = append(marks, r)
	}
	return marks, nil
}
