package delivery_test

import (
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

// threeDoubts sends three messages that end without an answer, which halts, and
// lets look-ups end as answer says. Nothing else comes.
func (r *rig) threeDoubts(answer func() *domain.Failure) <-chan string {
	r.provider.Judge = func(ports.Notification) *fake.Fault {
		if r.since() == 0 {
			return &fake.Fault{Kind: fake.ServerError}
		}
		return nil
	}
	r.onLookUp = answer
	return r.start(3)
}

func lookUpFails(class domain.Class, code string) func() *domain.Failure {
	return func() *domain.Failure { return &domain.Failure{Class: class, Code: code} }
}

func TestDoubtsOfAHaltedGateEndWithoutFurtherTraffic(t *testing.T) {
	inRig(t, func(r *rig) {
		ended := r.threeDoubts(nil)
		<-time.After(10 * time.Minute)
		r.want("alarm while the provider answers and nothing can be sent", r.observer.alarm(), false)
		r.wantAllSent(ended)
		r.want("calls", len(r.sends), 6)
		if r.since() > proof+time.Minute {
			t.Errorf("sent after %s, want soon after %s", r.since(), proof)
		}
	})
}

func TestRefusedQuestionsEndDoubtsOfAHaltedGate(t *testing.T) {
	inRig(t, func(r *rig) {
		ended := r.threeDoubts(lookUpFails(domain.ClassUnknownOutcome, "fake.lookup.403"))
		for range 3 {
			r.want("outcome", <-ended, "dead_lettered unknown_outcome fake.lookup.403")
		}
		if r.since() < proof || r.since() > proof+5*time.Minute {
			t.Errorf("given up after %s, want soon after %s", r.since(), proof)
		}
		r.want("alerts", r.alerted("fake.lookup.403") >= 3, true)
		r.want("calls", len(r.sends), 3)
	})
}

// 5xx, 429 and timeouts are an outage, however long: the clock stands still, the
// alarm goes on, nothing is dead-lettered.
func TestDoubtsWaitForAProviderThatCannotBeAsked(t *testing.T) {
	inRig(t, func(r *rig) {
		const outage = 48 * time.Hour
		ended := r.threeDoubts(func() *domain.Failure {
			if r.since() < outage {
				return &domain.Failure{Class: domain.ClassTransient, Code: "fake.lookup.503"}
			}
			return nil
		})
		for range 47 {
			<-time.After(time.Hour)
			if !r.observer.alarm() {
				t.Errorf("no alarm after %s of an outage in which doubts wait", r.since())
				break
			}
		}
		r.want("alerts", r.alerted("fake.lookup.503"), 3)
		r.want("dead letters", r.count(func() int { return len(r.dead) }), 0)
		for range 3 {
			r.want("outcome", <-ended, "dead_lettered unknown_outcome fake.lookup.expired") // kept for a day
		}
		r.want("calls", len(r.sends), 3)
		if r.since() < outage {
			t.Errorf("given up after %s of an outage of %s", r.since(), outage)
		}
		r.want("alarm", r.observer.alarm(), false)
	})
}

// The one message that there is probes, and is under way for longer than the
// pause between probes.
func TestTheAlarmLastsWhileAProbeIsOut(t *testing.T) {
	inRig(t, func(r *rig) {
		r.provider.FailAll(&fake.Fault{Kind: fake.Refused})
		r.onLookUp = func() *domain.Failure {
			<-time.After(timeout)
			return lookUpFails(domain.ClassTransient, "fake.lookup.timeout")()
		}
		ended := r.start(1)
		<-time.After(time.Minute) // three failures, and their back-off
		for range 600 {
			<-time.After(time.Second)
			if !r.observer.alarm() {
				t.Errorf("no alarm after %s", r.since())
				break
			}
		}
		r.mu.Lock()
		r.onLookUp = nil
		r.mu.Unlock()
		r.provider.FailAll(nil)
		r.wantAllSent(ended)
	})
}

// During an outage of sending, a refusal to tell is an answer, also for those who wait.
func TestRefusedQuestionsEndDoubtsDuringAnOutageOfSending(t *testing.T) {
	inRig(t, func(r *rig) {
		r.onLookUp = lookUpFails(domain.ClassUnknownOutcome, "fake.lookup.403")
		rec := r.event("A")
		r.leave(rec, true)
		r.provider.FailAll(&fake.Fault{Kind: fake.Refused})
		for i := range 4 {
			other := r.event(string(rune('S' + i)))
			r.others.Go(func() { _, _ = r.deliver(r.stoppedAfter(time.Hour), other) })
		}
		r.want("outcome", r.outcome(rec), "dead_lettered unknown_outcome fake.lookup.403")
		r.want("halted", r.gate.Halted(), true)
		if r.since() < proof || r.since() > proof+5*time.Minute {
			t.Errorf("given up after %s", r.since())
		}
	})
}

// Only questions are left, and the account that they are put from is refused.
func TestADoubtEndsWhenNoMessageFindsOutAboutTheAccountAnyMore(t *testing.T) {
	inRig(t, func(r *rig) {
		rec, other := r.event("A", at(r.begin.Add(72*time.Hour))), r.event("B", at(r.begin.Add(2*time.Hour)))
		r.leave(rec, true)
		r.provider.FailAll(&fake.Fault{Kind: fake.BadConfiguration})
		r.others.Go(func() { r.want("the probing one", r.outcome(other), "skipped appointment_past") })
		r.want("outcome", r.outcome(rec), "dead_lettered unknown_outcome fake.lookup.bad_configuration")
		if r.since() < 2*time.Hour || r.since() > 2*time.Hour+5*time.Minute {
			t.Errorf("given up after %s, want soon after the last message left", r.since())
		}
	})
}

// Where accepted messages show within a second, errors must not be answered in
// that rhythm.
func TestErrorsOfLookUpsBackOffWhateverTheVisibility(t *testing.T) {
	for _, c := range []struct {
		failure         domain.Failure
		within          time.Duration
		atLeast, atMost int
		hour            int
	}{
		{failure: domain.Failure{Class: domain.ClassTransient, Code: "fake.lookup.400"}, within: 5 * time.Second, atLeast: 2, atMost: 4, hour: 50},
		{failure: domain.Failure{Class: domain.ClassTransient, Code: "fake.lookup.429", RetryAfter: 10 * time.Minute}, within: 9 * time.Minute, atLeast: 1, atMost: 1, hour: 7},
		{failure: domain.Failure{Class: domain.ClassUnknownOutcome, Code: "fake.lookup.401"}, within: 500 * time.Millisecond, atLeast: 1, atMost: 2, hour: 6},
	} {
		inRig(t, func(r *rig) {
			const doubts = 25
			r.onLookUp = func() *domain.Failure { return &c.failure }
			for i := range doubts {
				rec := r.event(string(rune('A' + i)))
				r.leave(rec, true)
				r.others.Go(func() { _, _ = r.deliver(r.stoppedAfter(time.Hour), rec) })
			}
			<-time.After(c.within)
			if n := r.count(func() int { return len(r.asks) }); n < doubts*c.atLeast || n > doubts*c.atMost {
				t.Errorf("%s: %d look-ups within %s for %d doubts", c.failure.Code, n, c.within, doubts)
			}
			r.others.Wait()
			if n := len(r.asks); n > doubts*c.hour {
				t.Errorf("%s: %d look-ups within an hour for %d doubts", c.failure.Code, n, doubts)
			}
		}, func(c *delivery.Config) { c.Visibility, c.Settle, c.Timeout = time.Second, time.Second, time.Second })
	}
}

// After hours of an outage a doubt would ask again two minutes after it. That
// others are sent again tells it sooner.
func TestDoubtsAskAgainWhenSendingGoesOn(t *testing.T) {
	inRig(t, func(r *rig) {
		rec := r.event("A")
		r.leave(rec, true)
		r.provider.FailAll(&fake.Fault{Kind: fake.Refused})
		doubt := make(chan time.Duration, 1)
		r.others.Go(func() { r.want("the doubt", r.outcome(rec), "sent"); doubt <- r.since() })
		ended := r.start(3)
		<-time.After(3 * time.Hour)
		r.provider.FailAll(nil)
		r.wantAllSent(ended)
		if took := <-doubt - 3*time.Hour; took > 7*time.Second {
			t.Errorf("found %s after the outage", took)
		}
	})
}
