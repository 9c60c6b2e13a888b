package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

func transient() *domain.Failure {
	return &domain.Failure{Class: domain.ClassTransient, Code: "fake.503"}
}

func unreached() *domain.Failure {
	return &domain.Failure{Class: domain.ClassTransient, Code: "fake.refused", Unreachable: true}
}

func misconfigured() *domain.Failure {
	return &domain.Failure{Class: domain.ClassConfiguration, Code: "fake.401"}
}

func delayed(d time.Duration) *domain.Failure {
	return &domain.Failure{Class: domain.ClassTransient, Code: "fake.429", RetryAfter: d}
}

func hourly() *domain.Failure { return delayed(time.Hour) }

func ambiguous() *domain.Failure {
	return &domain.Failure{Class: domain.ClassConfiguration, Code: "fake.either", Ambiguous: true}
}

func refusal(unrecognized bool) *domain.Failure {
	return &domain.Failure{Class: domain.ClassMessageRejected, Code: "fake.400", Unrecognized: unrecognized}
}

func recipient(i int) string { return fmt.Sprintf("patient-%d@clinic.example", i) }

func openGate() *Gate { return NewGate(domain.Email, ports.NoObserver{}) }

func TestWhatHaltsSending(t *testing.T) {
	each := func(n int, f func() *domain.Failure) func(*Gate) {
		return func(g *Gate) {
			for i := range n {
				fail(g, permit{}, recipient(i), f())
			}
		}
	}
	same := func(n int, f func() *domain.Failure) func(*Gate) {
		return func(g *Gate) {
			for range n {
				fail(g, permit{}, recipient(1), f())
			}
		}
	}
	unknown := func() *domain.Failure { return &domain.Failure{Class: domain.ClassUnknownOutcome} }
	unrecognized := func() *domain.Failure { return refusal(true) }
	for what, c := range map[string]struct {
		happens func(*Gate)
		halts   bool
	}{
		"one recipient that fails for ever":             {same(1000, transient), false},
		"one recipient of unknown outcome for ever":     {same(1000, unknown), false},
		"two recipients that fail":                      {each(2, transient), false},
		"three recipients that fail":                    {each(3, transient), true},
		"three recipients of unknown outcome":           {each(3, unknown), true},
		"one recipient, provider twice out of reach":    {same(2, unreached), false},
		"one recipient, provider thrice out of reach":   {same(3, unreached), true},
		"one answer about our own account":              {same(1, misconfigured), true},
		"one recipient told to wait":                    {same(1000, hourly), false},
		"two recipients told to wait":                   {each(2, hourly), true},
		"two told to wait, a success in between":        {interrupted(hourly, aSuccess), true},
		"one told to wait, then a success, each time":   {alternating(hourly), false},
		"one recipient refused, perhaps for its sake":   {same(1000, ambiguous), false},
		"two recipients refused so":                     {each(2, ambiguous), false},
		"three recipients refused so":                   {each(3, ambiguous), true},
		"recipients refused so, a success in between":   {interrupted(ambiguous, aSuccess), false},
		"recipients refused so, a bad one in between":   {interrupted(ambiguous, rejectOne), true},
		"a thousand refused recipients":                 {each(1000, func() *domain.Failure { return &domain.Failure{Class: domain.ClassRecipientRejected} }), false},
		"a thousand refused messages":                   {each(1000, func() *domain.Failure { return refusal(false) }), false},
		"one recipient with unrecognised refusals":      {same(1000, unrecognized), false},
		"nine recipients with unrecognised refusals":    {each(9, unrecognized), false},
		"ten recipients with unrecognised refusals":     {each(10, unrecognized), true},
		"failures with a success in between":            {interrupted(transient, aSuccess), false},
		"failures with a refused recipient in between":  {interrupted(transient, rejectOne), false},
		"no connection, with a success in between":      {interrupted(unreached, aSuccess), false},
		"unrecognised refusals, a success in between":   {interrupted(unrecognized, aSuccess), false},
		"unrecognised refusals, a known one in between": {interrupted(unrecognized, knownRefusal), false},
	} {
		g := openGate()
		c.happens(g)
		if g.Halted() != c.halts {
			t.Errorf("%s: halted is %v", what, g.Halted())
		}
	}
}

func rejectOne(g *Gate) {
	fail(g, permit{}, recipient(0), &domain.Failure{Class: domain.ClassRecipientRejected})
}

func knownRefusal(g *Gate) { fail(g, permit{}, recipient(0), refusal(false)) }

// interrupted lets recipients fail, and after each second one, but not the
// last, something else happens.
func interrupted(f func() *domain.Failure, other func(*Gate)) func(*Gate) {
	return func(g *Gate) {
		for i := range 21 {
			fail(g, permit{}, recipient(i), f())
			if i%2 == 1 {
				other(g)
			}
		}
	}
}

// alternating lets recipients fail, and after each one another is accepted.
func alternating(f func() *domain.Failure) func(*Gate) {
	return func(g *Gate) {
		for i := range 21 {
			fail(g, permit{}, recipient(i), f())
			aSuccess(g)
		}
	}
}

// probes lets 20 callers wait at a halted gate for d. Each that gets through
// fails after took, as a probe does. It returns when probes began.
func probes(t *testing.T, g *Gate, f func() *domain.Failure, took, d time.Duration) (seconds []float64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	begin := time.Now()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			for {
				p, _, err := g.enter(patience{ctx: ctx}, recipient(i))
				if err != nil {
					return
				}
				mu.Lock()
				seconds = append(seconds, time.Since(begin).Seconds())
				mu.Unlock()
				if !p.probe {
					t.Error("let through a halted gate, not as a probe")
				}
				<-time.After(took)
				fail(g, p, recipient(i), f())
			}
		})
	}
	wg.Wait()
	return seconds
}

func TestAHaltedProviderIsProbedByOneMessageAtATime(t *testing.T) {
	for what, c := range map[string]struct {
		f    func() *domain.Failure
		took time.Duration
		want []float64
	}{
		"an outage: after 1 s, doubling to 5 s":             {unreached, 0, []float64{1, 3, 7, 12, 17, 22}},
		"a configuration fault: after 5 s, doubling to 30s": {misconfigured, 0, []float64{5, 15, 35, 65, 95}},
	} {
		synctest.Test(t, func(t *testing.T) {
			g := openGate()
			for i := range 3 {
				fail(g, permit{}, recipient(i), c.f())
			}
			got := probes(t, g, c.f, c.took, time.Duration(c.want[len(c.want)-1]*float64(time.Second))+time.Second)
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: probes at %v s, want %v", what, got, c.want)
			}
		})
	}
}

func TestSuccessOpensTheGateForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := openGate()
		fail(g, permit{}, recipient(1), misconfigured())
		entered := make(chan permit, 50)
		for range 50 {
			go func() {
				p, waited, err := g.enter(patience{ctx: t.Context()}, recipient(0))
				if err != nil || !waited {
					t.Errorf("enter: waited %v, %v", waited, err)
				}
				if p.probe {
					succeed(g, p)
				}
				entered <- p
			}()
		}
		<-time.After(5 * time.Second)
		synctest.Wait()
		if len(entered) != 50 || g.Halted() {
			t.Errorf("%d of 50 entered after the probe's success, halted is %v", len(entered), g.Halted())
		}
		if p, waited, _ := g.enter(patience{ctx: t.Context()}, recipient(0)); p.probe || waited {
			t.Error("an open gate makes callers wait or probe")
		}
	})
}

// The holder of a permit to probe can be stopped, or find that nothing is to be sent.
func TestAPermitThatIsNotUsedIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := openGate()
		begin := time.Now()
		fail(g, permit{}, recipient(1), misconfigured())
		for _, want := range []time.Duration{5, 15, 35} {
			if p, _, _ := g.enter(patience{ctx: t.Context()}, recipient(0)); !p.probe || time.Since(begin) != want*time.Second {
				t.Errorf("after %s: %+v", time.Since(begin), p)
			}
		}
		stopped, cancel := context.WithCancelCause(t.Context())
		reason := errors.New("stopped")
		time.AfterFunc(time.Second, func() { cancel(reason) })
		if _, _, err := g.enter(patience{ctx: stopped}, recipient(0)); !errors.Is(err, reason) {
			t.Errorf("a wait that was stopped: %v", err)
		}
	})
}

func TestLateFailuresDoNotStretchTheHalt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := openGate()
		begin := time.Now()
		for i := range 100 { // all under way when the provider went down
			fail(g, permit{}, recipient(i), unreached())
			<-time.After(5 * time.Millisecond)
		}
		if p, _, _ := g.enter(patience{ctx: t.Context()}, recipient(0)); !p.ask || time.Since(begin) > 1020*time.Millisecond {
			t.Errorf("the first probe of an outage came after %s, and asks first: %v", time.Since(begin), p.ask)
		}
	})
}

// fail tells the gate of a failure of a message that has none behind it.
func fail(g *Gate, p permit, recipient string, f *domain.Failure) {
	g.failed(g.begin(p), &history{recipient: recipient}, f)
}

func succeed(g *Gate, p permit) { g.accepted(g.begin(p), recipient(99)) }

func aSuccess(g *Gate) { succeed(g, permit{}) }
