package engine

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/zap"
)

// member takes what the group assigns and gives up what it takes away. Its
// methods are the client's callbacks, which come one at a time.
type member struct {
	*lifetime
	lanes   *laneSet
	keeper  *keeper
	commits *committer
	// drain bounds how long a revoke waits for sends under way.
	drain time.Duration

	// joined is set with the first assignment, leaving once shutdown has drained and
	// committed the lanes.
	joined, leaving atomic.Bool
}

// assigned attaches partitions to their lanes. A lane whose both halves are
// there begins to be served; the fence and the reading of the ledger happen on
// its own goroutine, so that the callback does not hold up the group.
func (m *member) assigned(_ context.Context, _ *kgo.Client, added map[string][]int32) {
	m.lanes.assign(added, m.keeper.serve)
	m.joined.Store(true)
}

// revoked gives partitions up in good order: nothing new starts, sends under
// way end within the drain timeout, the finished prefix is committed.
func (m *member) revoked(ctx context.Context, _ *kgo.Client, gone map[string][]int32) {
	m.release(gone, func(lanes []*lane) {
		if m.leaving.Load() {
			return // shutdown has drained them and committed
		}
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), m.drain)
		defer cancel()
		ended := drained(limit, lanes)
		m.commits.commit(ctx, m.drain, lanes)
		if !ended {
			m.log.Warn("sends were still under way when partitions were given up; the next owner asks the provider about them")
		}
	})
}

// lost drops partitions that another member owns already: no wait, no commit.
func (m *member) lost(_ context.Context, _ *kgo.Client, gone map[string][]int32) {
	m.release(gone, func(lanes []*lane) {
		for _, l := range lanes {
			l.stop()
		}
		if len(lanes) > 0 {
			m.log.Warn("partitions were lost: the group went on without this member", zap.Int("lanes", len(lanes)))
		}
	})
}

func (m *member) release(gone map[string][]int32, end func([]*lane)) {
	end(m.lanes.of(gone))
	for _, l := range m.lanes.drop(gone) {
		m.log.Warn("only half of a lane is assigned, it waits for the other half", zap.Int32("partition", l.partition))
	}
}

// drained stops lanes together and waits until their sends have ended or ctx is
// over. It reports whether they have.
func drained(ctx context.Context, lanes []*lane) bool {
	waits := make([]<-chan struct{}, 0, len(lanes))
	for _, l := range lanes {
		waits = append(waits, l.stop())
	}
	for _, w := range waits {
		select {
		case <-w:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
