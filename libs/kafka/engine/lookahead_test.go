package engine

import (
	"errors"
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// A small backlog comes into the queues by itself.
func TestASmallBacklogNeedsNoLook(t *testing.T) {
	inRig(t, rigConfig{partitions: 2, concurrency: 8}, func(r *rig) {
		r.provider.down(true)
		r.backlog(500)
		w := r.startReady()
		tick(time.Minute)
		if w.consumer.scout.direct != nil {
			t.Error("a client was made to look ahead")
		}
		r.provider.down(false)
		r.untilDone(10 * time.Minute)
		r.wantDone(500)
	})
}

// The first look waits until it is known where the group reads on, and then for
// what comes into the queue by itself: it would read again what is done, or will
// be read anyway.
func TestTheFirstLookReadsNothingThatTheQueueHolds(t *testing.T) {
	inRig(t, rigConfig{concurrency: 8}, func(r *rig) {
		r.backlog(10)
		scout := r.startReady().consumer.scout
		_, l := readingRig(r.t, &pauses{})
		h := l.looks()
		looked := make(chan error, 1)
		go func() { looked <- scout.begin(r.t.Context(), l, h) }()
		tick(time.Minute)
		l.place(rigSource)
		tick(lookPatience / 2)
		l.mu.Lock()
		h.tracker.next = 10
		l.progress()
		l.mu.Unlock()
		if err := <-looked; err != nil || scout.direct != nil {
			r.t.Errorf("%v; a client was made to look ahead: %t", err, scout.direct != nil)
		}
		r.untilDone(time.Minute)
	})
}

// A partition that is given up lets a look go that waits for it, and what was
// found ahead of it takes no room any more.
func TestAPartitionThatIsGivenUpEndsItsLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := readingRig(t, &pauses{})
		h := l.looks()
		if !h.ahead.note("a", domain.Version{Offset: 1}, domain.Facts{}) || c.lanes.intake.ahead.Load() != 1 {
			t.Fatal("nothing is kept")
		}
		ended := make(chan error, 1)
		go func() { ended <- l.awaitPosition(t.Context(), h) }()
		synctest.Wait()
		l.detach(rigSource)
		synctest.Wait()
		select {
		case err := <-ended:
			if !errors.Is(err, errGivenUp) {
				t.Errorf("the look ended with %v", err)
			}
		default:
			t.Error("the look still waits")
		}
		if n := c.lanes.intake.ahead.Load(); n != 0 {
			t.Errorf("room for %d is taken", n)
		}
	})
}

// Where the source ends cannot be known for a while: nothing is sent blind.
func TestALaneWaitsUntilItCanLookAhead(t *testing.T) {
	inRig(t, rigConfig{concurrency: 8}, func(r *rig) {
		end := func(req kmsg.Request) bool {
			asked, ok := req.(*kmsg.ListOffsetsRequest)
			return ok && asked.Topics[0].Topic == rigSource && asked.Topics[0].Partitions[0].Timestamp == -1
		}
		blind := r.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.ListOffsets}, Count: -1, When: end, Err: kerr.TopicAuthorizationFailed})
		r.backlog(10)
		w := r.start()
		tick(time.Minute)
		if n := r.provider.sends(); n > 0 {
			t.Errorf("%d calls", n)
		}
		if err := w.consumer.Ready(); err == nil || !strings.Contains(err.Error(), "looks ahead") {
			t.Errorf("ready: %v", err)
		}
		if err := w.consumer.Live(); err != nil {
			t.Errorf("live: %v", err)
		}
		blind.Remove()
		r.untilDone(time.Minute)
		r.wantDone(10)
	})
}

// By whatever lies ahead, in whatever order it was published, an event is
// withdrawn where the rule says so and nowhere else. It may pass where revisions
// repeat or lie far apart.
func TestWhatLiesAheadWithdrawsAsTheRuleSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		usual := rapid.Bool().Draw(t, "revisions are as they should be")
		revisions := rapid.SliceOfNDistinct(rapid.Int64Range(-100, 100), 8, 8, rapid.ID[int64]).Draw(t, "revisions")
		if !usual {
			revisions = append(rapid.Permutation([]int64{1, 1, 2, 3, 3, 400, math.MaxInt64, math.MinInt64}).Draw(t, "odd ones"), revisions...)
		}
		event := func(offset int) (domain.Version, domain.Facts) {
			return domain.Version{Offset: int64(offset), Revision: &revisions[offset]},
				domain.Facts{Instant: time.UnixMilli(rapid.Int64Range(1, 2).Draw(t, "instant")), Cancelled: rapid.Bool().Draw(t, "cancelled")}
		}
		var held atomic.Int64
		a, want := ahead{held: &held}, false
		version, facts := event(0)
		for offset := range rapid.IntRange(1, len(revisions)-1).Draw(t, "events ahead") {
			v, f := event(offset + 1)
			a.note("a", v, f)
			want = want || v.Newer(version) && f.Differ(facts)
		}
		if got := a.supersedes("a", version, facts); got != want && (got || usual) {
			t.Fatalf("withdrawn: %t, want %t", got, want)
		}
	})
}

// Of an appointment the newest event is kept, of each kind, in any order.
func TestTheNewestEventAheadIsKept(t *testing.T) {
	published := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	at := func(hour int, cancelled bool) domain.Facts {
		return domain.Facts{Instant: time.Date(2031, 5, 6, hour, 0, 0, 0, time.UTC), Cancelled: cancelled}
	}
	var held atomic.Int64
	a := ahead{held: &held}
	for i, revision := range []*int64{nil, new(int64(5)), nil, new(int64(-9)), new(int64(1 << 40))} {
		v := domain.Version{Revision: revision, Offset: int64(10 + i), Timestamp: published.Add(time.Duration(i) * time.Millisecond)}
		if !a.note("a-0", v, at(i, i == 4)) {
			t.Fatal("no room")
		}
	}
	a.next = 15
	for what, test := range map[string]struct {
		v    domain.Version
		f    domain.Facts
		want bool
	}{
		"an older one":                       {domain.Version{Offset: 1, Timestamp: published}, at(0, false), true},
		"the same facts":                     {domain.Version{Offset: 1, Timestamp: published}, at(2, false), false},
		"published later":                    {domain.Version{Offset: 1, Timestamp: published.Add(time.Hour)}, at(0, false), false},
		"of unknown time":                    {domain.Version{Offset: 1}, at(0, false), true},
		"a lower revision":                   {domain.Version{Offset: 1, Revision: new(int64(1<<40 - 1))}, at(4, false), true},
		"a lower revision of the same facts": {domain.Version{Offset: 1, Revision: new(int64(5))}, at(4, true), false},
		"a higher revision":                  {domain.Version{Offset: 1, Revision: new(int64(1<<40 + 1))}, at(0, false), false},
	} {
		if got := a.supersedes("a-0", test.v, test.f); got != test.want {
			t.Errorf("%s is withdrawn: %v", what, got)
		}
	}
	if a.supersedes("a-1", domain.Version{Offset: 1}, at(0, false)) || a.knows("a-1") || !a.knows("a-0") || held.Load() != 2 {
		t.Errorf("another appointment is known, or %d facts are held", held.Load())
	}
	a.caughtUp(13, "a-0", false)
	if a.supersedes("a-0", domain.Version{Offset: 1}, at(0, false)) || held.Load() != 1 {
		t.Error("what the queue holds by now is kept")
	}
	if a.caughtUp(15, "a-1", false); len(a.facts) > 0 || held.Load() != 0 {
		t.Errorf("%d facts are kept although nothing lies ahead", len(a.facts))
	}
}
