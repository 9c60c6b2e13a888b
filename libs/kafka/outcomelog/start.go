package outcomelog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// begin decides where assigned partitions begin: the group reads on from their present
// end, and the records before it are loaded separately.
func (f *Follower) begin(ctx context.Context, offsets map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
	starts, err := f.starts(ctx)
	if err != nil {
		f.deps.Observer.Alert(f.cfg.Channel, "receipts.log", "the start offsets of the outcomes cannot be read, trying again: "+err.Error())
		return nil, err
	}
	for number := range offsets[f.cfg.Topic] {
		s, ok := starts[number]
		if !ok {
			return nil, fmt.Errorf("%s/%d is assigned but has no offsets", f.cfg.Topic, number)
		}
		f.close([]*partition{f.take(number)})
		f.open(number, s)
		offsets[f.cfg.Topic][number] = kgo.NewOffset().At(s.end)
	}
	return offsets, nil
}

// start is where a partition begins.
type start struct {
	from, end int64
	// committed is the group's commit; -1 if it has not committed.
	committed int64
	// settled is the time in the commit's metadata.
	settled time.Time
}

// starts returns where each partition of the topic begins.
func (f *Follower) starts(ctx context.Context) (map[int32]start, error) {
	ctx, cancel := context.WithTimeout(ctx, commitTimeout)
	defer cancel()
	admin := kadm.NewClient(f.deps.Reader)
	ends, err := admin.ListCommittedOffsets(ctx, f.cfg.Topic)
	if err = errors.Join(err, ends.Error()); err != nil {
		return nil, err
	}
	horizon, err := admin.ListOffsetsAfterMilli(ctx, time.Now().Add(-f.cfg.Horizon).UnixMilli(), f.cfg.Topic)
	if err = errors.Join(err, horizon.Error()); err != nil {
		return nil, err
	}
	commits, err := admin.FetchOffsets(ctx, f.cfg.Group)
	if err != nil {
		return nil, err
	}
	all := map[int32]start{}
	for number, end := range ends[f.cfg.Topic] {
		s := start{from: horizon[f.cfg.Topic][number].Offset, end: end.Offset, committed: -1}
		// A commit beyond the end belongs to a topic that has been created anew since.
		if c, ok := commits.Lookup(f.cfg.Topic, number); ok && c.Err == nil && c.At >= 0 && c.At <= end.Offset {
			s.committed, s.settled = c.At, parseSettled(c.Metadata)
			if !f.cfg.Whole || s.committed < s.from {
				s.from = s.committed
			}
		}
		all[number] = s
	}
	return all, nil
}
