package delivery

import (
	"testing"
	"testing/synctest"
	"time"
)

// A provider that accepts connections and answers nothing holds each probe for
// the whole time-out. The pause must not grow by it.
func TestAProbeThatHangsIsOvertaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := openGate()
		for range 3 {
			g.failed(permit{}, recipient(1), unreached())
		}
		at := probes(t, g, unreached, 10*time.Second, 2*time.Minute)
		for i := 1; i < len(at); i++ {
			if gap := at[i] - at[i-1]; gap > 5 || gap < 1 {
				t.Errorf("%v s between two probes: %v", gap, at)
			}
		}
		if len(at) < 20 {
			t.Errorf("probes at %v s", at)
		}
	})
}

func TestNothingIsSentBeforeTheProvidersDelayIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := openGate()
		begin := time.Now()
		g.failed(permit{}, recipient(1), delayed(40*time.Second))
		g.failed(permit{}, recipient(2), delayed(10*time.Second)) // a shorter one does not shorten it
		succeed(g, permit{})                                      // under way since before the delay: says nothing about it
		p, _, err := g.enter(t.Context())
		if err != nil || time.Since(begin) != 40*time.Second || !p.probe || p.ask {
			t.Errorf("after %s: %+v, %v; want one that tries after 40s", time.Since(begin), p, err)
		}
		g.failed(p, recipient(3), delayed(7*time.Second))
		if _, _, _ = g.enter(t.Context()); time.Since(begin) != 47*time.Second {
			t.Errorf("the next try came after %s, want 47s", time.Since(begin))
		}
	})
}
