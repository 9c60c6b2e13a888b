package replay

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/mask"
)

// discardBatch is how many dead letters one transaction discards.
const discardBatch = 500

// PlanDiscard returns what a discard would mark: what o's filter selects, the
// oldest up to its limit. Statuses that the filter names replace "open" and
// "parked".
func PlanDiscard(x *index.Index, o Order, bounds map[int32]int64) Plan {
	f := o.Filter
	p := Plan{Left: make(map[string]int), Bounds: bounds}
	everywhere := f
	everywhere.Statuses = nil
	for _, item := range x.Select(everywhere) {
		wanted := item.Status.Unresolved() || item.Status == index.StatusReplaying || item.Status == index.StatusFailed
		if len(f.Statuses) > 0 {
			wanted = wanted && f.Wants(item.Status)
		} else {
			wanted = item.Status.Unresolved()
		}
		switch {
		case item.Offset >= bounds[item.Partition]:
		case !wanted:
			p.Left[string(item.Status)]++
		case o.Limit > 0 && len(p.Items) >= o.Limit:
			p.Left["beyond the limit"]++
		default:
			p.Items = append(p.Items, item)
		}
	}
	return p
}

// Discard marks the planned dead letters as not to be repaired. Nothing is
// deleted: retention does that. It returns how many were marked.
func (s *Session) Discard(ctx context.Context, o Order, p Plan) (int, error) {
	audit, err := AuditRecord{
		At: time.Now(), Who: o.Who, Action: ActionDiscard, Filter: o.Filter, Count: len(p.Items), Reason: o.Reason,
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
