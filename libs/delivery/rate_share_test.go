package delivery

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A partition that comes or goes changes the share at once, however many
// records wait for their turn, and one that gives up leaves no debt behind.
func TestANewShareCountsForThoseWhoWaitAlready(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRate(10)
		var sent atomic.Int64
		queue := func(ctx context.Context, n int) {
			for range n {
				go func() {
					if r.wait(patience{ctx: ctx}) == nil {
						sent.Add(1)
					}
				}()
			}
		}
		within := func(d time.Duration) int64 {
			before := sent.Load()
			<-time.After(d)
			synctest.Wait()
			return sent.Load() - before
		}
		leaving, leave := context.WithCancel(t.Context())
		queue(leaving, 500)
		if n := within(10 * time.Second); n < 99 || n > 102 {
			t.Errorf("%d in 10 s with the whole limit of 10/s", n)
		}
		r.Share(1, 2)
		if n := within(10 * time.Second); n < 49 || n > 52 {
			t.Errorf("%d in 10 s with half of it", n)
		}
		leave()
		synctest.Wait()
		r.Share(2, 2)
		staying, stay := context.WithCancel(t.Context())
		defer stay()
		queue(staying, 500)
		if n := within(10 * time.Second); n < 98 || n > 102 {
			t.Errorf("%d in 10 s after others gave up", n)
		}
		stay()
		synctest.Wait()
	})
}
