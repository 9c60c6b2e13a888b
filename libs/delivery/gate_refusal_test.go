package delivery

import (
	"testing"
	"testing/synctest"
	"time"
)

// An accept of a call that began after a refusal shows that the account works. A call
// that was under way before does not, and neither does a message to the same recipient.
func TestOnlyALaterAcceptOfAnotherRecipientMakesARefusalTheirs(t *testing.T) {
	for what, c := range map[string]struct {
		between func(g *Gate, before permit)
		theirs  bool
	}{
		"nothing":                            {func(*Gate, permit) {}, false},
		"another that was under way":         {func(g *Gate, p permit) { g.accepted(p, recipient(2)) }, false},
		"another":                            {func(g *Gate, _ permit) { g.accepted(g.begin(permit{}), recipient(2)) }, true},
		"the same recipient":                 {func(g *Gate, _ permit) { g.accepted(g.begin(permit{}), recipient(1)) }, false},
		"another, then the same":             {acceptBoth(2, 1), true},
		"the same, then another":             {acceptBoth(1, 2), true},
		"another under way, then the same":   {func(g *Gate, p permit) { g.accepted(p, recipient(2)); acceptBoth(1, 1)(g, p) }, false},
		"a bad recipient, which is no proof": {func(g *Gate, _ permit) { rejectOne(g) }, false},
	} {
		g, h := openGate(), &history{recipient: recipient(1)}
		before := g.begin(permit{})
		g.failed(g.begin(permit{}), h, ambiguous())
		if h.alone || h.theirs {
			t.Errorf("%s: the first refusal decides", what)
		}
		c.between(g, before)
		g.failed(g.begin(permit{}), h, ambiguous())
		if h.theirs != c.theirs || h.alone != c.theirs {
			t.Errorf("%s in between: theirs is %v, alone %v", what, h.theirs, h.alone)
		}
	}
}

func acceptBoth(first, second int) func(*Gate, permit) {
	return func(g *Gate, _ permit) {
		g.accepted(g.begin(permit{}), recipient(first))
		g.accepted(g.begin(permit{}), recipient(second))
	}
}

// A refusal of the account, then one that may be the recipient's: only the
// latter is about the recipient, and it came once.
func TestARefusalOfTheAccountIsNoRefusalOfTheRecipient(t *testing.T) {
	g, h := openGate(), &history{recipient: recipient(1)}
	g.failed(g.begin(permit{}), h, misconfigured())
	if !g.Halted() {
		t.Error("a refusal of the account does not halt")
	}
	aSuccess(g)
	g.failed(g.begin(permit{}), h, ambiguous())
	if h.theirs || !h.alone || g.Halted() {
		t.Errorf("%+v, halted %v", h, g.Halted())
	}
}

// Others contradict a refusal of the account: it halts no more, unless three do.
func TestARefusalThatOthersContradictHaltsNothing(t *testing.T) {
	g := openGate()
	contradicted := func(i int) {
		h := &history{recipient: recipient(i)}
		g.failed(g.begin(permit{}), h, misconfigured())
		aSuccess(g)
		g.failed(g.begin(permit{}), h, misconfigured())
	}
	contradicted(1)
	if g.Halted() {
		t.Error("halted, although another was accepted in between")
	}
}

func TestProbesOfARefusedAccountTakeThoseNotRefusedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := openGate()
		begin := time.Now()
		for i := range 3 {
			fail(g, permit{}, recipient(i), ambiguous())
		}
		probed := make(chan int, 9)
		for i := range 5 { // the first three were refused
			go func() {
				for {
					p, _, err := g.enter(patience{ctx: t.Context()}, recipient(i))
					if err != nil || !p.probe {
						return
					}
					probed <- i
					fail(g, p, recipient(i), ambiguous())
				}
			}()
			synctest.Wait()
		}
		seen := map[int]int{}
		for n := range 9 {
			i := <-probed
			seen[i]++
			if n < 2 && i < 3 {
				t.Errorf("probe %d after %s takes recipient %d, which was refused", n, time.Since(begin), i)
			}
			if n == 6 && len(seen) < 5 {
				t.Errorf("after %d probes only %v had a turn", n+1, seen)
			}
		}
		aSuccess(g)
		synctest.Wait()
		if g.Halted() || len(g.queue.tried) != 0 || g.queue.waiters != 0 || g.queue.fresh != 0 {
			t.Errorf("afterwards: %+v", g.queue)
		}
	})
}

// The one that should go first is stopped while the others wait behind it.
func TestTheNextProbeDoesNotWaitForOneThatLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := openGate()
		for i := range 3 {
			fail(g, permit{}, recipient(i), ambiguous())
		}
		g.join(recipient(7)) // waits, and is stopped before it takes its turn
		begin, got := time.Now(), make(chan time.Duration)
		go func() {
			if _, _, err := g.enter(patience{ctx: t.Context()}, recipient(1)); err != nil {
				t.Error(err)
			}
			got <- time.Since(begin)
		}()
		<-time.After(6 * time.Second)
		g.leave(recipient(7))
		if took := <-got; took != 6*time.Second {
			t.Errorf("probed after %s, want at once", took)
		}
	})
}

// An outage is over once the provider answers, whatever it says.
func TestAnAmbiguousAnswerEndsAnOutageAndStartsACount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := openGate()
		for i := range 3 {
			fail(g, permit{}, recipient(i), unreached())
		}
		p, _, _ := g.enter(patience{ctx: t.Context()}, recipient(5))
		fail(g, p, recipient(5), ambiguous())
		if g.Halted() {
			t.Fatal("still halted, although the provider answered")
		}
		fail(g, permit{}, recipient(6), ambiguous())
		fail(g, permit{}, recipient(7), ambiguous())
		if !g.Halted() {
			t.Error("three refused recipients do not halt")
		}
		p, _, _ = g.enter(patience{ctx: t.Context()}, recipient(8))
		fail(g, p, recipient(8), ambiguous())
		if !g.Halted() {
			t.Error("a fourth one ends the halt")
		}
	})
}
