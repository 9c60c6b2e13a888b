package delivery_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

// inWatchedRig is inRig on a channel whose look-ups are watched and lag behind.
func inWatchedRig(t *testing.T, lag time.Duration, test func(r *rig)) {
	t.Helper()
	inRig(t, func(r *rig) {
		r.lag = func(time.Time) time.Duration { return lag }
		r.startWatch()
		defer r.watch.Close()
		test(r)
	})
}

func (r *rig) startWatch() {
	r.watch = delivery.NewWatch(delivery.WatchConfig{Channel: domain.Email, Timeout: timeout, Visibility: visibility}, (*wire)(r), r.observer)
	r.limit(0)
}

// loseAnswer makes the provider accept the next message or not, and answer nothing
// that says so.
func (r *rig) loseAnswer(accepted bool) {
	r.provider.Fail(fake.Fault{Kind: fake.ServerError, Accepted: accepted})
}

// wait lets virtual time pass.
func (r *rig) wait(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// change changes what look-ups show, which samples read meanwhile.
func (r *rig) change(what func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	what()
}

func (r *rig) sampled(result ports.SampleResult) int {
	r.observer.mu.Lock()
	defer r.observer.mu.Unlock()
	return r.observer.samples[result]
}

func TestTheTimeUntilAMessageShowsIsMeasured(t *testing.T) {
	for _, lag := range []time.Duration{0, 3 * time.Second, 100 * time.Second, 14 * time.Minute, 29 * time.Minute, 31 * time.Minute, 59 * time.Minute} {
		inWatchedRig(t, lag, func(r *rig) {
			r.want("outcome", r.outcome(r.event("A")), "sent")
			r.wait(2 * time.Hour)
			status := r.watch.Status()
			took := time.Duration(status.MaxSeconds * float64(time.Second))
			if took < lag || took > max(2*lag, time.Second) {
				t.Errorf("shows after %s, measured as %s", lag, took)
			}
			r.want("seen", fmt.Sprint(status.Seen, status.Never, status.Overdue, r.sampled(ports.SampleSeen)), "1 0 0 1")
			r.want("late", r.sampled(ports.SampleLate), map[bool]int{true: 1}[lag > visibility])
			r.want("trusted", status.Trusted, lag <= visibility)
			if alarmed := r.alerted(delivery.AlertVisibility) > 0; alarmed != (lag > visibility/2) {
				t.Errorf("shows after %s: alarm %v", lag, alarmed)
			}
			if len(r.asks) > 24 {
				t.Errorf("asked %d times", len(r.asks))
			}
		})
	}
}

// Nothing is doubled: what shows within twice the promise is found.
func TestNotFoundProvesNothingWhileMessagesShowTooLate(t *testing.T) {
	for _, lag := range []time.Duration{20 * time.Minute, 40 * time.Minute, 55 * time.Minute} {
		inWatchedRig(t, lag, func(r *rig) {
			r.want("a sample", r.outcome(r.event("A")), "sent")
			r.wait(5 * time.Second)
			r.loseAnswer(true)
			r.want("a message in doubt", r.outcome(r.event("B")), "sent")
			r.want("accepted", r.accepted(), 2)
			r.want("dead letters", len(r.dead), 0)
			r.want("the alarm", r.alerted(delivery.AlertVisibility) > 0, true)
		})
	}
}

// A doubt that began before messages stopped to show altogether waits for what the
// younger sample has to say.
func TestADoubtWaitsForASampleThatIsYoungerThanItself(t *testing.T) {
	lag := 40 * time.Minute
	inRig(t, func(r *rig) {
		r.lag = func(time.Time) time.Duration { return lag }
		r.startWatch()
		defer r.watch.Close()
		r.want("a sample that shows late", r.outcome(r.event("A")), "sent")
		r.wait(time.Hour)
		r.change(func() { lag = 100 * time.Hour })
		r.loseAnswer(true)
		r.others.Go(func() {
			r.want("the doubt", r.outcome(r.event("B")), "dead_lettered unknown_outcome lookup.unreliable")
		})
		r.wait(5 * time.Minute)
		r.want("the younger sample", r.outcome(r.event("C")), "sent")
		r.wait(3 * time.Hour)
		r.want("calls", r.count(func() int { return len(r.sends) }), 3)
	})
}

// Without traffic no new sample can mend the promise. A doubt still ends.
func TestADoubtEndsAfterTwiceTheVisibilityWhenMessagesShowLate(t *testing.T) {
	inWatchedRig(t, 40*time.Minute, func(r *rig) {
		r.want("a sample", r.outcome(r.event("A")), "sent")
		r.wait(5 * time.Second)
		begin := r.since()
		r.loseAnswer(false)
		r.want("not accepted", r.outcome(r.event("B")), "sent")
		r.want("accepted", r.accepted(), 2)
		if second := r.sends[2] - begin; second < proof+visibility || second > proof+2*visibility {
			t.Errorf("sent again after %s, want after %s", second, proof+visibility)
		}
	})
}

func TestWhereAcceptedMessagesNeverShowADoubtIsNotSentAgain(t *testing.T) {
	inWatchedRig(t, 100*time.Hour, func(r *rig) {
		r.want("a sample", r.outcome(r.event("A")), "sent")
		r.wait(5 * time.Second)
		r.loseAnswer(true)
		r.want("a doubt that waits", r.outcome(r.event("B")), "dead_lettered unknown_outcome lookup.unreliable")
		r.wait(time.Minute)
		r.loseAnswer(true)
		r.want("a later doubt", r.outcome(r.event("C")), "dead_lettered unknown_outcome lookup.unreliable")
		r.want("calls", len(r.sends), 3)
		r.want("never", r.watch.Status().Never, 1)
	})
}

// That others show in time proves nothing about the time at which one was lost.
func TestASampleThatIsLostCountsForEveryDoubtOfItsTime(t *testing.T) {
	inRig(t, func(r *rig) {
		r.lag = func(claimed time.Time) time.Duration {
			if claimed.Before(r.begin.Add(10 * time.Minute)) {
				return 100 * time.Hour
			}
			return 0
		}
		r.startWatch()
		defer r.watch.Close()
		r.want("a sample that is lost", r.outcome(r.event("A")), "sent")
		r.wait(5 * time.Second)
		r.loseAnswer(true)
		r.others.Go(func() {
			r.want("the doubt", r.outcome(r.event("B")), "dead_lettered unknown_outcome lookup.unreliable")
		})
		r.wait(40 * time.Minute)
		r.want("the next sample", r.outcome(r.event("C")), "sent")
		r.wait(5 * time.Minute)
		r.want("trusted", r.watch.Status().Trusted, true)
		r.wait(time.Hour)
		r.want("calls", r.count(func() int { return len(r.sends) }), 3)
	})
}

// A provider may recover: once messages show in time again, "not found" is believed,
// and a message that was not accepted is sent again.
func TestALookUpIsTrustedAgainOnceMessagesShowInTime(t *testing.T) {
	inRig(t, func(r *rig) {
		lag := 100 * time.Hour
		r.lag = func(time.Time) time.Duration { return lag }
		r.startWatch()
		defer r.watch.Close()
		r.want("a sample", r.outcome(r.event("A")), "sent")
		r.wait(3 * time.Hour)
		r.want("trusted", r.watch.Status().Trusted, false)
		r.change(func() { lag = time.Second })
		r.want("the next message is a sample", r.outcome(r.event("B")), "sent")
		r.wait(time.Minute)
		r.want("trusted", r.watch.Status().Trusted, true)
		r.loseAnswer(false)
		r.want("not accepted", r.outcome(r.event("C")), "sent")
		r.want("calls", len(r.sends), 4)
	})
}

func TestAnOutageOfLookUpsSaysNothingAboutVisibility(t *testing.T) {
	inWatchedRig(t, 0, func(r *rig) {
		r.onLookUp = func() *domain.Failure {
			if r.since() < 45*time.Minute {
				return &domain.Failure{Class: domain.ClassTransient, Code: "fake.lookup.503"}
			}
			return nil
		}
		r.want("a sample", r.outcome(r.event("A")), "sent")
		r.wait(time.Hour)
		r.want("alarms", r.alerted(delivery.AlertVisibility), 0)
		status := r.watch.Status()
		r.want("seen, trusted", fmt.Sprint(status.Seen, status.Trusted), "1 true")
	})
}

func TestALookUpThatIsRefusedIsCensored(t *testing.T) {
	inWatchedRig(t, 0, func(r *rig) {
		r.onLookUp = func() *domain.Failure {
			return &domain.Failure{Class: domain.ClassUnknownOutcome, Code: "fake.lookup.403"}
		}
		r.want("a sample", r.outcome(r.event("A")), "sent")
		r.wait(time.Hour)
		r.want("censored", fmt.Sprint(r.sampled(ports.SampleCensored), len(r.asks)), "1 1")
	})
}

func TestAMessageThatVanishesIsCounted(t *testing.T) {
	inRig(t, func(r *rig) {
		gone := false
		r.lag = func(time.Time) time.Duration {
			if gone {
				return 100 * time.Hour
			}
			return 0
		}
		r.startWatch()
		defer r.watch.Close()
		r.want("a sample", r.outcome(r.event("A")), "sent")
		r.wait(1500 * time.Millisecond)
		r.change(func() { gone = true })
		r.wait(time.Minute)
		r.want("flapped", fmt.Sprint(r.sampled(ports.SampleFlapped), r.alerted(delivery.AlertVisibility)), "1 1")
	})
}

func TestOneMessageInAHundredAndTheFirstOfEachHourIsLookedUp(t *testing.T) {
	inWatchedRig(t, 0, func(r *rig) {
		r.wait(time.Until(time.Now().Truncate(time.Hour).Add(time.Hour))) // a full hour
		for n := range 60 {                                               // one a minute
			r.outcome(r.event(fmt.Sprint("slow", n)))
			r.wait(time.Minute)
		}
		r.want("one an hour", r.watch.Status().Samples, 1)
		for n := range 1000 {
			r.outcome(r.event(fmt.Sprint("fast", n)))
			r.wait(20 * time.Millisecond)
		}
		if n := r.watch.Status().Samples; n < 8 || n > 12 {
			t.Errorf("%d samples of 1,000 messages at 50 a second, want about 10", n-1)
		}
		before := r.watch.Status().Samples
		for n := range 1000 {
			r.outcome(r.event(fmt.Sprint("burst", n)))
		}
		if n := r.watch.Status().Samples - before; n > 1 {
			t.Errorf("%d samples in one moment", n)
		}
	})
}
