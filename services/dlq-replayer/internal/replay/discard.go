package replay

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/mask"
)

// discardBatch is how many dead letters one transaction discards.
const discardBatch = 500

// Discard marks the planned dead letters as not to be repaired. Nothing is
// deleted: retention does that. It returns how many were marked.
func (s *Session) Discard(ctx context.Context, o Order, p Plan) (int, error) {
	if p.Err != nil {
		return 0, p.Err
	}
	audit, err := AuditRecord{
		At: time.Now(), Who: o.Who, Action: ActionDiscard, Filter: p.Order.Filter, Count: len(p.Items), Reason: o.Reason,
	}.record(s.cfg.Log)
	if err != nil {
		return 0, err
	}
	reason := mask.New().Text(o.Reason)
	batch := []*kgo.Record{audit}
	marked := 0
	for i, item := range p.Items {
		r, err := resolutionRecord(envelope.Resolution{
			ID: item.ID, Channel: item.Channel, Status: envelope.ResolutionDiscarded, Reason: reason,
			ReplayCount: item.ReplayCount, At: time.Now().UTC(),
		})
		if err != nil {
			return marked, err
		}
		if batch = append(batch, r); len(batch) < discardBatch && i < len(p.Items)-1 {
			continue
		}
		if err := s.commit(ctx, batch...); err != nil {
			return marked, err
		}
		marked, batch = i+1, nil
	}
	return marked, nil
}
