package delivery

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func TestBackoffIsFullJitterUnderADoublingCeiling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.OneOf(rapid.IntRange(1, 20), rapid.IntMin(1)).Draw(t, "failure")
		ceiling := 5 * time.Minute
		if n <= 8 {
			ceiling = min(ceiling, 2*time.Second<<(n-1))
		}
		low, high := ceiling, time.Duration(0)
		for range 200 {
			d := backoff(n)
			low, high = min(low, d), max(high, d)
		}
		if low <= 0 || high > ceiling || low > ceiling/10 || high < ceiling-ceiling/10 {
			t.Fatalf("failure %d: waits from %s to %s, want them spread from 0 to %s", n, low, high, ceiling)
		}
	})
}

// taken lets callers take n tokens and returns how long that took.
func taken(t *testing.T, r *Rate, callers, n int) time.Duration {
	t.Helper()
	begin := time.Now()
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range n / callers {
				if err := r.wait(patience{ctx: t.Context()}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	return time.Since(begin)
}

func TestTheRateHoldsForTheWholeGroup(t *testing.T) {
	for what, c := range map[string]struct {
		perSecond    float64
		owned, total int
		n            int
		want         time.Duration
	}{
		"alone":                       {3, 6, 6, 30, 10 * time.Second},
		"a third of the partitions":   {3, 2, 6, 30, 30 * time.Second},
		"less than one in a second":   {0.5, 1, 2, 100, 400 * time.Second},
		"many in a second":            {1000, 6, 6, 10_000, 10 * time.Second},
		"a share of many in a second": {1000, 1, 5, 10_000, 50 * time.Second},
		"unlimited":                   {0, 1, 6, 10_000, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := NewRate(c.perSecond)
			r.Share(c.owned, c.total)
			got := taken(t, r, 10, c.n)
			if got > c.want || got < c.want*95/100 {
				t.Errorf("%s: %d tokens took %s, want about %s", what, c.n, got, c.want)
			}
			if r.unlimited() != (c.want == 0) {
				t.Errorf("%s: unlimited is %v", what, r.unlimited())
			}
		})
	}
}

// A rebalance takes partitions away and gives them back while sends wait.
func TestAShareThatChangesIsFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRate(2)
		for _, owned := range []int{6, 3, 0, 6} {
			r.Share(owned, 6)
			if owned == 0 {
				continue // nothing is sent without a partition
			}
			want := 10 * time.Duration(6/owned) * time.Second
			if got := taken(t, r, 1, 20); got > want+time.Second || got < want-time.Second {
				t.Errorf("with %d of 6 partitions 20 tokens took %s, want about %s", owned, got, want)
			}
		}
	})
}

func TestSlotsBoundWhatRunsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 4
		slots := NewSlots(n)
		var mu sync.Mutex
		started, mostStarted, mostSending := 0, 0, 0
		count := func(delta int) {
			mu.Lock()
			defer mu.Unlock()
			started += delta
			mostStarted, mostSending = max(mostStarted, started), max(mostSending, slots.Sending())
		}
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				slot, err := slots.Start(t.Context())
				if err != nil {
					t.Error(err)
				}
				count(1)
				place := slots.sends.join()
				if granted := slots.sends.ready(place); granted != nil {
					<-granted
				}
				count(0)
				<-time.After(time.Second)
				slots.sends.leave(place)
				slots.sends.leave(place)
				count(-1)
				slot.Release()
				slot.Release()
			})
		}
		begin := time.Now()
		wg.Wait()
		if mostStarted != 2*n || mostSending != n || time.Since(begin) != 25*time.Second {
			t.Errorf("at most %d started and %d sending, all in %s; want %d, %d, 25s", mostStarted, mostSending, time.Since(begin), 2*n, n)
		}
		if !slots.Idle() || slots.Sending() != 0 {
			t.Error("slots are missing afterwards")
		}
	})
}

func TestAWaitForASlotEndsWithItsContext(t *testing.T) {
	slots, reason := NewSlots(1), errors.New("stopped")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(reason)
	var held []*Slot
	for range 2 {
		slot, err := slots.Start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, slot)
	}
	if _, err := slots.Start(ctx); !errors.Is(err, reason) || slots.Idle() {
		t.Errorf("without a free slot: %v", err)
	}
	held[0].Release()
	if err := held[0].resume(patience{ctx: t.Context()}); err != nil || slots.Idle() {
		t.Errorf("a slot that was given back is taken again: %v", err)
	}
	if err := held[0].resume(patience{ctx: ctx}); err != nil {
		t.Errorf("a slot that is held needs no wait: %v", err)
	}
}
