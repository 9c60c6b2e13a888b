package outcomelog

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/zap"
)

// commits commits progress at an even pace until ctx is over.
func (f *Follower) commits(ctx context.Context, client *kgo.Client) {
	ticker := time.NewTicker(f.cfg.Commit)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			f.commit(ctx, client, f.all())
		case <-ctx.Done():
			return
		}
	}
}

// progress is the committed progress of a partition.
type progress struct {
	offset  int64
	settled time.Time
}

// commit commits, for each partition, the offset of the oldest message that waits for
// its receipt, or the position if no message waits. The commit's metadata holds the
// time up to which the provider's receipts were read. The next commit makes up for a
// failed one.
func (f *Follower) commit(ctx context.Context, client *kgo.Client, all []*partition) {
	moved := f.moved(all)
	if len(moved) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, commitTimeout)
	defer cancel()
	offsets := map[int32]kgo.EpochOffset{}
	for p, now := range moved {
		offsets[p.number] = kgo.EpochOffset{Epoch: -1, Offset: now.offset}
	}
	var failed error
	client.CommitOffsetsSync(beside(ctx, moved), map[string]map[int32]kgo.EpochOffset{f.cfg.Topic: offsets},
		func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, answer *kmsg.OffsetCommitResponse, err error) {
			failed = errors.Join(err, refused(answer))
		})
	if failed != nil {
		if ctx.Err() == nil {
			f.log.Warn("progress of the receipts was not committed; the next commit covers it", zap.Error(failed))
		}
		return
	}
	for p, now := range moved {
		p.mu.Lock()
		p.committed, p.beside = now.offset, now.settled
		p.mu.Unlock()
	}
}

// moved returns the progress of the partitions that have made any since the last
// commit. The positions are taken first, so that every message below them is counted as
// waiting. Whether a partition is still ours is checked last, because the messages of a
// lost partition are forgotten and no longer wait:
//
//	the commit takes the position of a partition, 8
//	it is revoked: 7 is committed, and what waits of it is forgotten
//	the commit finds nothing that waits: 8
//	the next owner begins at 7, and commits no more until that moves
//	8 is committed, and who owns it after a crash never hears of 7
func (f *Follower) moved(all []*partition) map[*partition]progress {
	found := map[*partition]progress{}
	for _, p := range all {
		select {
		case <-p.loaded:
			found[p] = progress{offset: p.position()}
		default: // still loading: it has read less than its predecessor committed
		}
	}
	oldest := f.deps.Watcher.Oldest()
	for p, now := range found {
		if f.partition(p.number) != p {
			delete(found, p)
			continue
		}
		if first, waits := oldest[p.section]; waits {
			now.offset = min(now.offset, first)
		}
		now.settled = p.section.Settled()
		found[p] = now
		p.mu.Lock()
		if now.offset == p.committed && now.settled.Equal(p.beside) {
			delete(found, p)
		}
		p.mu.Unlock()
	}
	return found
}

// beside puts the settled time into the metadata of each offset.
func beside(ctx context.Context, moved map[*partition]progress) context.Context {
	notes := map[int32]string{}
	for p, now := range moved {
		if !now.settled.IsZero() {
			notes[p.number] = now.settled.UTC().Format(time.RFC3339Nano)
		}
	}
	return kgo.PreCommitFnContext(ctx, func(r *kmsg.OffsetCommitRequest) error {
		for t := range r.Topics {
			for i := range r.Topics[t].Partitions {
				p := &r.Topics[t].Partitions[i]
				if note, ok := notes[p.Partition]; ok {
					p.Metadata = &note
				}
			}
		}
		return nil
	})
}

// parseSettled reads the metadata that beside wrote; zero if it is something else.
func parseSettled(note string) time.Time {
	t, _ := time.Parse(time.RFC3339Nano, note)
	return t
}

// refused returns the first error within an answer.
func refused(answer *kmsg.OffsetCommitResponse) error {
	if answer == nil {
		return nil
	}
	for _, t := range answer.Topics {
		for _, p := range t.Partitions {
			if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
				return err
			}
		}
	}
	return nil
}
