package engine

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
)

// fetched counts what the clients have fetched and decoded.
type fetched struct{ records atomic.Int64 }

func (f *fetched) OnFetchRecordBuffered(*kgo.Record) { f.records.Add(1) }

// The batches on the broker are several times as large as the share of a queue.
func TestABacklogIsFetchedOnce(t *testing.T) {
	seen := new(fetched)
	inRig(t, rigConfig{partitions: 4, concurrency: 64, hooks: []kgo.Hook{seen}}, func(r *rig) {
		const n = 12_000
		r.provider.latency = func() time.Duration { return 10 * time.Millisecond }
		r.backlog(n)
		r.start()
		r.untilDone(time.Minute)
		r.wantDone(n)
		if got := seen.records.Load(); got < n || got > n*5/4 {
			t.Errorf("%d records were fetched for a backlog of %d", got, n)
		}
	})
}

// large returns n records of a partition of the source, of a megabyte each.
func large(offset int64, n int) kgo.FetchTopicPartition {
	p := kgo.FetchTopicPartition{Topic: rigSource}
	for i := range n {
		p.Records = append(p.Records, &kgo.Record{Topic: rigSource, Offset: offset + int64(i), Value: make([]byte, 1<<20)})
	}
	return p
}

// A half that is full takes in what the client holds of it, up to the bound of the
// process; then it pauses whatever the client holds.
func TestWhatIsPrefetchedIsBounded(t *testing.T) {
	client := &pauses{}
	c, l := readingRig(t, client)
	c.lanes.intake.buffered.Store(true)
	h := l.halves[rigSource]
	for i := int64(0); !h.paused; i++ {
		if c.registrar.register(large(i, 1)); c.lanes.intake.prefetched.Load() > maxPrefetched+2<<20 {
			t.Fatalf("%d bytes are held beyond the queues", c.lanes.intake.prefetched.Load())
		}
	}
	if held := c.lanes.intake.prefetched.Load(); held < maxPrefetched || h.queued != 1 || client.paused[rigSource] == nil {
		t.Errorf("%v paused at %d bytes, %d queued", client.paused, held, h.queued)
	}
	l.detach(rigSource)
	if held := c.lanes.intake.prefetched.Load(); held != 0 {
		t.Errorf("%d bytes are held of a half that is given up", held)
	}
}

// Records that were fetched for an assignment that has ended are read by the next
// owner.
func TestWhatIsPrefetchedGoesWithItsHalf(t *testing.T) {
	c, l := readingRig(t, &pauses{})
	l.keep(large(0, 1)) // there is room, but a revoke comes first
	gone := l.halves[rigSource]
	l.detach(rigSource)
	l.attach(rigSource)
	c.registrar.register()
	if at, read := l.halves[rigSource].tracker.watermark(); read || gone.tracker.next > 0 || len(l.queues) > 0 {
		t.Errorf("the watermark is %d (%t), %d records of the half that is given up were registered", at, read, gone.tracker.next)
	}
}

// As room comes, the poll loop is called back from its wait, and takes the records
// in their order.
func TestWhatIsPrefetchedComesAsRoomDoes(t *testing.T) {
	client := &pauses{}
	c, l := readingRig(t, client)
	l.begin(t.Context(), remembered{ledger.NewMemory()})
	h, recalled := l.halves[rigSource], 0
	c.lanes.intake.due.polling(func() { recalled++ })
	c.registrar.register(polledRecords(0, 1, `{"email":true}`), polledRecords(1, 1, `{"email":true}`), polledRecords(2, 1, `{"email":true}`))
	for i := range int64(3) {
		if h.queued != 1 || h.tracker.next != i+1 || !h.paused {
			t.Fatalf("after %d records %d are queued up to %d, paused: %t", i, h.queued, h.tracker.next, h.paused)
		}
		before := recalled
		q := c.lanes.ready.pop()
		it, e, _ := l.take(q)
		l.finish(q, it, e, true)
		if more := i < 2; recalled > before != more {
			t.Errorf("after record %d the loop was called back: %t", i, recalled > before)
		}
		c.registrar.register()
	}
	if h.queued != 0 || h.paused || len(client.paused) > 0 || c.lanes.intake.prefetched.Load() != 0 {
		t.Errorf("%d queued, paused: %t, %d bytes", h.queued, h.paused, c.lanes.intake.prefetched.Load())
	}
}

// Retention deletes what a worker has fetched already but has no room for.
func TestPrefetchedEventsAreNotTakenForExpired(t *testing.T) {
	inRig(t, rigConfig{concurrency: 8}, func(r *rig) {
		const n = maxQueued/2 + 1000
		r.provider.down(true)
		r.backlog(n)
		r.startReady()
		tick(time.Minute)
		r.deleted(rigSource, n)
		r.settle()
		r.wantExpired(0)
		r.provider.down(false)
		r.untilDone(time.Hour)
		r.wantDone(n)
	})
}

// Records that wait for room withdraw nothing by themselves. While other partitions
// keep the client busy, their half is not paused, but it still has to be looked ahead
// of.
func TestWhatIsPrefetchedIsLookedAheadOf(t *testing.T) {
	c, l := readingRig(t, &pauses{})
	c.lanes.intake.buffered.Store(true)
	h := l.halves[rigSource]
	l.lookedTo(h, 0)
	for i := range 2 {
		c.registrar.register(polledRecords(i, 1, `{"email":true}`))
	}
	if h.paused || h.queued != 1 || len(h.prefetched.batches) != 1 {
		t.Fatalf("paused: %t, %d queued, %d batches wait", h.paused, h.queued, len(h.prefetched.batches))
	}
	if l.behind() != h {
		t.Error("nothing looks ahead of a queue that does not see what comes")
	}
}
