package delivery

import (
	"testing"
	"testing/synctest"
	"time"
)

// A provider that accepts connections and answers nothing holds each probe for
// the whole timeout. The pause must not grow by it.
func TestAProbeThatHangsIsOvertaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := openGate()
		for range 3 {
			fail(g, permit{}, recipient(1), unreached())
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

// The second recipient that is told to wait shows that the channel is meant. The
// shorter delay counts: the longer one may be about its recipient after all.
func TestADelayOfTheChannelIsKeptAndProbed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := openGate()
		begin := time.Now()
		want := func(d time.Duration) permit {
			t.Helper()
			p, _, err := g.enter(patience{ctx: t.Context()}, recipient(3))
			if err != nil || time.Since(begin) != d || !p.probe || p.ask {
				t.Errorf("after %s: %+v, %v; want one that tries after %s", time.Since(begin), p, err, d)
			}
			return p
		}
		fail(g, permit{}, recipient(1), delayed(24*time.Hour))
		fail(g, permit{}, recipient(2), delayed(10*time.Second))
		fail(g, permit{}, recipient(4), delayed(time.Hour)) // under way since before: it waits with the rest
		succeed(g, permit{})                                // likewise: it says nothing about the delay
		if g.mustWait(recipient(1)) || g.mustWait(recipient(2)) || g.mustWait(recipient(4)) {
			t.Error("a recipient has a delay of its own, although it is the channel's now")
		}
		p := want(10 * time.Second)
		fail(g, p, recipient(3), delayed(7*time.Second))
		p = want(17 * time.Second)
		fail(g, p, recipient(3), delayed(24*time.Hour))
		p = want(17*time.Second + delayProbe)
		fail(g, p, recipient(3), delayed(24*time.Hour))
		p = want(17*time.Second + 2*delayProbe)
		fail(g, p, recipient(3), unreached()) // the delay has become an outage, which is probed often
		succeedAsked(g, t, begin.Add(17*time.Second+2*delayProbe+outageProbeFirst))
		if g.Halted() {
			t.Error("a probe that succeeds does not end the halt")
		}
	})
}

func succeedAsked(g *Gate, t *testing.T, when time.Time) {
	t.Helper()
	p, _, err := g.enter(patience{ctx: t.Context()}, recipient(3))
	if err != nil || !time.Now().Equal(when) || !p.ask {
		t.Errorf("%s off: %+v, %v; want a probe that asks first", time.Since(when), p, err)
	}
	succeed(g, p)
}

// The first one's delay is over when the second one gets one: nothing says that
// they have to do with each other.
func TestDelaysOneAfterTheOtherAreNotTheChannels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := openGate()
		for i := range 20 {
			fail(g, permit{}, recipient(i), delayed(time.Minute))
			<-time.After(time.Minute)
		}
		if g.Halted() || len(g.delays.until) > 1 {
			t.Errorf("halted %v, %d delays are kept", g.Halted(), len(g.delays.until))
		}
	})
}

// A question is limited as well: the next one keeps to it, within reason.
func TestTheDelayOfAProbesQuestionIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for asked, want := range map[time.Duration]time.Duration{0: 2 * time.Second, time.Minute: time.Minute, 24 * time.Hour: delayProbe} {
			g := openGate()
			for i := range 3 {
				fail(g, permit{}, recipient(i), unreached())
			}
			p, _, _ := g.enter(patience{ctx: t.Context()}, recipient(5))
			begin := time.Now()
			g.unanswered(p, delayed(asked))
			p, _, err := g.enter(patience{ctx: t.Context()}, recipient(6))
			if err != nil || !p.ask || time.Since(begin) != want {
				t.Errorf("told to wait %s: the next question after %s, want %s", asked, time.Since(begin), want)
			}
		}
	})
}
