package delivery_test

import (
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

func TestAPanicAfterTheClaimIsAnUnknownOutcome(t *testing.T) {
	inRig(t, func(r *rig) {
		r.onWrite = func(what string) error {
			if what == "sent" {
				panic("after the answer")
			}
			return nil
		}
		rec := r.event("A")
		r.want("outcome", r.outcome(rec), "dead_lettered unknown_outcome internal.panic")
		r.want("durable steps", r.journal, "[claimed unknown dead letter]")
		r.onWrite = nil
		r.want("a replay asks", r.outcome(replay(rec, domain.ClassUnknownOutcome, 1, false)), "sent")
		r.want("calls", len(r.sends), 1)
	})
}

// The steps after an outcome panic a few times: the record keeps its place and
// nothing else is lost or doubled.
func TestAPanicAfterTheOutcomeIsTriedAgainAlone(t *testing.T) {
	for _, step := range []string{"dead letter", "outcome", "resolution", "unknown"} {
		inRig(t, func(r *rig) {
			r.provider.Fail(fake.Fault{Kind: fake.BadRecipient})
			panics := 3
			r.onWrite = func(what string) error {
				if step == "unknown" && what == "failed" {
					panic("with a claim that nobody settles")
				}
				if what == step && panics > 0 {
					panics--
					panic("on the way to being durable")
				}
				return nil
			}
			want := map[string]string{"unknown": "dead_lettered unknown_outcome internal.panic"}[step]
			if want == "" {
				want = "dead_lettered recipient_rejected fake.bad_recipient"
			}
			r.want(step+": outcome", r.outcome(replay(r.event("A"), domain.ClassTransient, 1, false)), want)
			r.want(step+": resolutions", len(r.resolved), 1)
			r.want(step+": calls", len(r.sends), 1)
			r.want(step+": alerts", r.alerted("internal.panic"), 3)
			if r.since() < 30*time.Second || r.since() > time.Minute {
				t.Errorf("%s: three panics took %s, want them spaced", step, r.since())
			}
			r.onWrite = nil
			r.want("the next event", r.outcome(r.event("B")), "sent")
		})
	}
}

// An observer changes nothing, whatever it does.
func TestAnObserverThatPanicsChangesNothing(t *testing.T) {
	inRig(t, func(r *rig) {
		r.gate = delivery.NewGate(r.cfg.Channel, hostile{})
		r.deliverer = delivery.New(r.cfg, delivery.Deps{
			Sender: (*wire)(r), DeadLetters: (*stores)(r), Outcomes: r.outcomes(), Resolutions: (*stores)(r),
			Observer: hostile{}, Gate: r.gate, Rate: delivery.NewRate(1),
		})
		r.provider.Fail(fake.Fault{Kind: fake.BadMessage})
		r.want("refused", r.outcome(r.event("A")), "dead_lettered message_rejected fake.bad_message")
		r.provider.Fail(fake.Fault{Kind: fake.BadConfiguration})
		r.want("halted", r.outcome(r.event("B")), "sent")
		r.provider.Fail(fake.Fault{Kind: fake.ServerError})
		r.want("in doubt", r.outcome(r.event("C")), "sent")
		r.want("durable steps", r.journal, "[claimed failed dead letter claimed failed claimed sent claimed failed claimed sent]")
	})
}

// hostile panics on every call.
type hostile struct{ ports.Observer }

func TestALookUpThatPanicsEndsAsADeadLetter(t *testing.T) {
	inRig(t, func(r *rig) {
		rec := r.event("A")
		r.leave(rec, true)
		r.onLookUp = func() *domain.Failure { panic("on its answer") }
		r.want("outcome", r.outcome(rec), "dead_lettered unknown_outcome internal.panic")
		if r.since() < proof || r.since() > proof+5*time.Minute {
			t.Errorf("given up after %s", r.since())
		}
	})
}
