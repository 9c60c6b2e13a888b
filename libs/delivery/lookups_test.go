package delivery_test

import (
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

// An outage that begins when an answer is nearly due: pauses grow all the same.
func TestAnOutageAtTheEndOfTheWaitIsNotHammered(t *testing.T) {
	inRig(t, func(r *rig) {
		rec := r.event("A")
		r.leave(rec, false)
		time.AfterFunc(proof-time.Second, func() { r.provider.FailAll(&fake.Fault{Kind: fake.Refused}) })
		time.AfterFunc(proof+5*time.Hour, func() { r.provider.FailAll(nil) })
		r.want("outcome", r.outcome(rec), "sent")
		if n := len(r.asks); n > 500 {
			t.Errorf("asked %d times in five hours", n)
		}
	})
}

// While our account is refused, so are our questions: that is no answer about
// the message.
func TestARefusedLookUpIsNoAnswerWhileSendingIsHalted(t *testing.T) {
	inRig(t, func(r *rig) {
		rec := r.event("A")
		r.leave(rec, true)
		r.provider.FailAll(&fake.Fault{Kind: fake.BadConfiguration})
		other := r.event("B") // halts, and goes on probing
		probing := make(chan string)
		go func() { probing <- r.outcome(other) }()
		time.AfterFunc(5*time.Hour, func() { r.provider.FailAll(nil) })
		r.want("outcome", r.outcome(rec), "sent")
		r.want("the probe", <-probing, "sent")
		r.want("dead letters", len(r.dead), 0)
		if n := len(r.asks); n > 500 {
			t.Errorf("asked %d times in five hours", n)
		}
	})
}

// One look-up is told to come back in a day, which is as far as the provider
// looks back: kept in full, the delay would make a dead letter of a message that
// was never accepted.
func TestADelayOfADayDoesNotOutlastTheLookBack(t *testing.T) {
	inRig(t, func(r *rig) {
		rec := r.event("A", at(r.begin.Add(72*time.Hour)))
		r.leave(rec, false)
		r.onLookUp = func() *domain.Failure {
			if r.since() > 0 {
				return nil
			}
			return &domain.Failure{Class: domain.ClassTransient, Code: "fake.lookup.429", RetryAfter: 24 * time.Hour}
		}
		r.want("outcome", r.outcome(rec), "sent")
		if r.since() > 2*proof {
			t.Errorf("sent after %s, want within %s", r.since(), 2*proof)
		}
	})
}
