package delivery_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

var errStopped = errors.New("the lane was given up")

// stoppedAfter is a context that is over after d.
func (r *rig) stoppedAfter(d time.Duration) context.Context {
	ctx, cancel := context.WithCancelCause(r.t.Context())
	time.AfterFunc(d, func() { cancel(errStopped) })
	return ctx
}

func TestASendUnderWayIsFinishedAndRecorded(t *testing.T) {
	inRig(t, func(r *rig) {
		r.provider.Latency = 5 * time.Second
		o, err := r.deliver(r.stoppedAfter(time.Second), r.event("A"))
		if err != nil || text(o) != "sent" || r.since() != 5*time.Second {
			t.Errorf("%s, %v after %s", text(o), err, r.since())
		}
		r.want("durable steps", r.journal, "[claimed sent]")
	})
}

func TestAFailureUnderWayIsDeadLetteredToo(t *testing.T) {
	inRig(t, func(r *rig) {
		r.provider.Latency = 5 * time.Second
		r.provider.Fail(fake.Fault{Kind: fake.BadRecipient})
		rec := replay(r.event("A"), domain.ClassTransient, 1, false)
		if o, err := r.deliver(r.stoppedAfter(time.Second), rec); err != nil || o.Status != domain.StatusDeadLettered {
			t.Errorf("%s, %v", text(o), err)
		}
		r.want("durable steps", r.journal, "[claimed failed dead letter resolution]")
	})
}

func TestWaitsEndAtOnceWithoutAnOutcome(t *testing.T) {
	for what, prepare := range map[string]func(*rig, *ports.Record){
		"retry": func(r *rig, _ *ports.Record) {
			r.provider.Judge = func(ports.Notification) *fake.Fault { return &fake.Fault{Kind: fake.RateLimited} }
		},
		"gate":  func(r *rig, _ *ports.Record) { r.provider.FailAll(&fake.Fault{Kind: fake.BadConfiguration}) },
		"doubt": func(r *rig, rec *ports.Record) { r.leave(rec, false) },
	} {
		inRig(t, func(r *rig) {
			rec := r.event("A")
			prepare(r, rec)
			_, err := r.deliver(r.stoppedAfter(17*time.Second), rec)
			if !errors.Is(err, errStopped) || r.since() > 18*time.Second {
				t.Errorf("waiting for %s: %v after %s", what, err, r.since())
			}
			r.want(what+": outcomes", len(r.observer.finished), 0)
			r.want(what+": dead letters", len(r.dead), 0)
		})
	}
}

// occupy holds all send slots for d with other records.
func (r *rig) occupy(n int, d time.Duration) {
	r.provider.Latency = d
	for i := range n {
		rec := r.event("X" + string(rune('a'+i)))
		r.others.Go(func() { r.outcome(rec) })
	}
	synctest.Wait()
}

func TestAClaimThatIsNotUsedIsTakenBack(t *testing.T) {
	inRig(t, func(r *rig) {
		r.occupy(4, 3*time.Second)
		rec := r.event("A")
		_, err := r.deliver(r.stoppedAfter(time.Second), rec)
		if !errors.Is(err, errStopped) {
			t.Errorf("waiting for a send slot: %v", err)
		}
		k := r.ledger.LookUp(r.claimOf(rec).Key, "A")
		r.want("the claim's state", k.State, ports.StateFailed)
		r.want("calls", len(r.sends), 4)
		<-time.After(5 * time.Second)
		r.want("the next owner", r.outcome(rec), "sent")
		r.want("look-ups", len(r.asks), 0)
	})
}

func TestAClaimThatWaitedTooLongIsMadeAgain(t *testing.T) {
	inRig(t, func(r *rig) {
		r.occupy(4, 3*time.Second)
		r.want("outcome", r.outcome(r.event("A")), "sent")
		claims := 0
		for _, step := range r.journal {
			if step == "claimed" {
				claims++
			}
		}
		// One more for each 0.75 to 1 s that it waited for a slot.
		if claims < 4+1+3 || claims > 4+1+4 {
			t.Errorf("%d claims", claims)
		}
		if left := r.deadlines[4]; left < 9*time.Second {
			t.Errorf("%s were left to send and answer", left)
		}
	})
}

// A message that was claimed before sending was halted must not be sent.
func TestAClaimBehindAHaltIsTakenBack(t *testing.T) {
	inRig(t, func(r *rig) {
		r.slots = delivery.NewSlots(1)
		r.provider.Fail(fake.Fault{Kind: fake.BadConfiguration})
		r.occupy(1, time.Second)
		r.want("outcome", r.outcome(r.event("A")), "sent")
		r.others.Wait()
		r.want("calls", r.sends, []time.Duration{0, 6 * time.Second, 7 * time.Second})
	})
}

func TestWithoutAnAcknowledgedClaimNothingIsSent(t *testing.T) {
	inRig(t, func(r *rig) {
		r.onWrite = func(string) error { return ports.ErrFenced }
		if _, err := r.deliver(r.t.Context(), r.event("A")); !errors.Is(err, ports.ErrFenced) || len(r.sends) > 0 {
			t.Errorf("%v, %d calls", err, len(r.sends))
		}
	})
}

func TestWithoutADurableOutcomeThereIsNone(t *testing.T) {
	failed := errors.New("not acknowledged")
	for _, step := range []string{"sent", "failed", "dead letter", "resolution"} {
		inRig(t, func(r *rig) {
			rec := replay(r.event("A"), domain.ClassTransient, 1, false)
			if step != "sent" {
				r.provider.Fail(fake.Fault{Kind: fake.BadRecipient})
			}
			r.onWrite = func(what string) error {
				if what == step {
					return failed
				}
				return nil
			}
			if o, err := r.deliver(r.t.Context(), rec); !errors.Is(err, failed) || o.Status != "" {
				t.Errorf("without an acknowledged %s: %s, %v", step, text(o), err)
			}
			r.want(step+": outcomes observed", len(r.observer.finished), 0)
		})
	}
}
