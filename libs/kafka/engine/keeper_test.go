package engine

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

func TestAKilledWorkersRecordsAreTakenOver(t *testing.T) {
	crowd(t)
	seeded(t, 3, func(t *testing.T, random *rand.Rand) {
		inRig(t, rigConfig{partitions: 3, concurrency: 8, visibility: 5 * time.Minute}, func(r *rig) {
			r.provider.latency = func() time.Duration { return between(random, 10*time.Millisecond, 3*time.Second) }
			r.provider.visibility = 2 * time.Minute
			r.backlog(300)
			for range 5 {
				w := r.start()
				tick(between(random, time.Second, 20*time.Second))
				w.kill()
				tick(rigSession + time.Second) // the group has to notice
			}
			r.start()
			r.untilDone(3 * time.Hour)
			r.wantDone(300)
		})
	})
}

// stopAt stops a worker, as SIGSTOP does, at an instant of its first send, lets
// another take over and wakes the first after a while.
func (r *rig) stopAt(hook func(*rigSender, func()), asleep time.Duration) {
	r.t.Helper()
	stopped := make(chan struct{})
	first := r.start()
	hook(first.sender, sync.OnceFunc(func() {
		first.freeze()
		close(stopped)
	}))
	at := tomorrow()
	r.publish(0, "a-0", at)
	<-stopped
	r.start()
	tick(asleep)
	first.thaw()
	for i := range 10 {
		r.publish(0, fmt.Sprintf("b-%d", i), tomorrow())
	}
	r.untilDone(3 * time.Hour)
	r.publish(0, "a-0", at)
	r.untilDone(3 * time.Hour)
	r.wantDone(11)
}

// The instants at which PROTOCOL's owners differ: before the claim, after its
// acknowledgement, while the request is under way, before its outcome is
// recorded.
func TestAStoppedWorkerThatWakesDoublesNothing(t *testing.T) {
	crowd(t)
	for what, hook := range map[string]func(*rigSender, func()){
		"before its claim":        func(s *rigSender, stop func()) { s.onHandle = stop },
		"before its request":      func(s *rigSender, stop func()) { s.onSend = stop },
		"with its request sent":   func(s *rigSender, stop func()) { s.onSent = stop },
		"with its answer on hand": func(s *rigSender, stop func()) { s.onAnswer = stop },
	} {
		// It wakes before and after its session is over, after its successor has
		// asked, and after it has sent.
		for _, asleep := range []time.Duration{5 * time.Second, rigSession + 2*time.Second, time.Minute, 10 * time.Minute} {
			t.Run(fmt.Sprintf("%s, for %s", what, asleep), func(t *testing.T) {
				t.Parallel()
				inRig(t, rigConfig{concurrency: 4, visibility: 2 * time.Minute}, func(r *rig) {
					r.provider.visibility = time.Minute
					r.stopAt(hook, asleep)
				})
			})
		}
	}
}

// The successor finds that nothing was accepted, and sends; the one before has
// had its claim acknowledged all the time.
func TestAnAcknowledgedClaimIsVoidAfterAForeignFence(t *testing.T) {
	crowd(t)
	inRig(t, rigConfig{concurrency: 4, visibility: 2 * time.Minute}, func(r *rig) {
		r.stopAt(func(s *rigSender, stop func()) { s.onSend = stop }, 10*time.Minute)
		if n := r.provider.sends(); n != 11 {
			t.Errorf("%d calls, want 11: the claim of the one that woke was too old to write", n)
		}
	})
}

// An accept that the former owner recorded only when it woke counts for its successor,
// even if no look-up ever shows the message.
func TestALateSentIsTakenIn(t *testing.T) {
	crowd(t)
	inRig(t, rigConfig{concurrency: 4, visibility: 2 * time.Minute}, func(r *rig) {
		r.provider.visibility = 365 * 24 * time.Hour // no look-up ever finds it
		r.stopAt(func(s *rigSender, stop func()) { s.onAnswer = stop }, time.Minute)
		if n := r.provider.sends(); n != 11 {
			t.Errorf("%d calls, want 11", n)
		}
	})
}

func TestWorkersThatDieAndAreCutOffDoubleNothing(t *testing.T) {
	crowd(t)
	seeded(t, 4, func(t *testing.T, random *rand.Rand) {
		inRig(t, rigConfig{partitions: 4, concurrency: 4, visibility: 3 * time.Minute}, func(r *rig) {
			r.provider.latency = func() time.Duration { return between(random, 10*time.Millisecond, 4*time.Second) }
			r.provider.visibility = time.Minute
			r.provider.script = func(_ ports.Notification, nth int) answer {
				if nth < 3 && random.IntN(20) == 0 {
					return answer{failure: unanswered(), accepted: random.IntN(2) == 0, late: between(random, 0, rigSettle)}
				}
				return answer{}
			}
			r.backlog(300)
			for range 3 {
				r.start()
			}
			for range 10 {
				tick(between(random, time.Second, 15*time.Second))
				r.disturb(random)
			}
			r.heal()
			r.untilDone(time.Hour)
			r.wantDone(300)
			if n := r.outcome(domain.StatusDeadLettered, ""); n > 0 {
				t.Errorf("%d dead letters", n)
			}
		})
	})
}
