package delivery_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

// start delivers n events at once, each of another appointment, and returns
// how they end.
func (r *rig) start(n int) <-chan string {
	ended := make(chan string, n)
	for i := range n {
		rec := r.event(fmt.Sprintf("S%d", i))
		r.others.Go(func() { ended <- r.outcome(rec) })
	}
	return ended
}

func (r *rig) wantAllSent(ended <-chan string) {
	r.t.Helper()
	for range cap(ended) {
		if o := <-ended; o != "sent" {
			r.t.Errorf("an event ended as %s, want sent", o)
		}
	}
}

// While a provider accepts connections and answers nothing, each message that
// probes would end in doubt. It is asked first.
func TestAnOutageIsProbedWithQuestionsNotWithMessages(t *testing.T) {
	for _, kind := range []fake.Kind{fake.Hang, fake.ServerError, fake.Refused} {
		inRig(t, func(r *rig) {
			r.provider.FailAll(&fake.Fault{Kind: kind})
			ended := r.start(20)
			<-time.After(30 * time.Minute)
			r.mu.Lock()
			// The sends that were under way when the outage began, one per send slot.
			if n := len(r.sends); n > 8 {
				t.Errorf("%s: %d messages were risked during the outage", kind, n)
			}
			if n := len(r.asks); n < 100 || n > 1000 {
				t.Errorf("%s: %d questions in half an hour", kind, n)
			}
			r.mu.Unlock()
			r.provider.FailAll(nil)
			recovered := time.Now()
			for range 10 {
				<-ended
			}
			if took := time.Since(recovered); took > 10*time.Second {
				t.Errorf("%s: sending went on %s after the recovery", kind, took)
			}
			r.others.Wait()
			r.want("accepted", r.accepted(), 20)
			r.want("dead letters", len(r.dead), 0)
		})
	}
}

func TestAnOutageCostsNoAttempts(t *testing.T) {
	inRig(t, func(r *rig) {
		r.provider.FailAll(&fake.Fault{Kind: fake.Refused})
		time.AfterFunc(3*time.Hour, func() { r.provider.FailAll(nil) })
		r.wantAllSent(r.start(20))
		r.want("dead letters", len(r.dead), 0)
	}, func(c *delivery.Config) { c.MaxAttempts, c.MaxElapsed = 3, time.Minute })
}

func TestTheProvidersDelaysCostNoAttempts(t *testing.T) {
	inRig(t, func(r *rig) {
		for range 20 {
			r.provider.Fail(fake.Fault{Kind: fake.RateLimited, RetryAfter: 10 * time.Second})
		}
		r.want("outcome", r.outcome(r.event("A")), "sent")
		r.want("sent after", r.since(), 200*time.Second)
	}, func(c *delivery.Config) { c.MaxAttempts, c.MaxElapsed = 3, time.Minute })
}

func TestWhatAProbeFindsIsNotSentAgain(t *testing.T) {
	inRig(t, func(r *rig) {
		r.provider.FailAll(&fake.Fault{Kind: fake.Hang, Accepted: true}) // it accepts and says nothing
		ended := r.start(4)
		<-time.After(30 * time.Second)
		r.provider.FailAll(nil)
		r.wantAllSent(ended)
		r.want("calls", len(r.sends), 4)
		r.want("accepted", r.accepted(), 4)
	})
}

func TestAProvidersDelayHoldsForAll(t *testing.T) {
	inRig(t, func(r *rig) {
		r.provider.Latency = 100 * time.Millisecond
		r.provider.Judge = func(ports.Notification) *fake.Fault {
			if r.since() > 0 {
				return nil
			}
			return &fake.Fault{Kind: fake.RateLimited, RetryAfter: 40 * time.Second}
		}
		r.wantAllSent(r.start(50))
		for _, at := range r.sends {
			if at > 100*time.Millisecond && at < 40*time.Second { // at 100 ms the answer comes
				t.Errorf("a call after %s, although the provider asked for 40s", at)
			}
		}
	})
}

// A retry and a doubt hold their own appointment, not a slot.
func TestTwoFailingRecipientsDoNotHoldUpTheOthers(t *testing.T) {
	for _, kind := range []fake.Kind{fake.RateLimited, fake.ServerError} {
		twoFailing(t, kind)
	}
}

func twoFailing(t *testing.T, kind fake.Kind) {
	t.Helper()
	inRig(t, func(r *rig) {
		r.slots = delivery.NewSlots(1)
		r.provider.Latency = 100 * time.Millisecond
		var healed atomic.Bool
		r.provider.Judge = func(n ports.Notification) *fake.Fault {
			if n.Event.AppointmentID[0] == 'S' && !healed.Load() {
				return &fake.Fault{Kind: kind}
			}
			return nil
		}
		ended := r.start(2)
		<-time.After(3 * time.Second)
		begin := time.Now()
		for i := range 100 {
			r.want("another", r.outcome(r.event(fmt.Sprintf("T%d", i))), "sent")
		}
		if took := time.Since(begin); took > 11*time.Second {
			t.Errorf("%s: a hundred others took %s, want about 10s", kind, took)
		}
		healed.Store(true)
		r.wantAllSent(ended)
	})
}
