package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// held is what a tail waits for: each end that was asked for, in order.
type held struct {
	*rig
	ends []func(error)
	asks []string
}

func (h *held) hold(what string, then func(error)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asks, h.ends = append(h.asks, what), append(h.ends, then)
}

type heldLedger struct {
	*memory
	held *held
}

func (l heldLedger) SettleThen(_ ports.Claim, s ports.Settlement, then func(error)) {
	l.held.hold(s.State.String(), then)
}

type heldOutcomes struct {
	*stores
	held *held
}

func (o heldOutcomes) TellThen(_ context.Context, _ ports.Conclusion, then func(error)) {
	o.held.hold("outcome", then)
}

// tailed is a record whose provider has accepted, in a lane whose acknowledgements the
// test brings. Its slot is free, and ended is how it ended.
func tailed(t *testing.T, test func(h *held, slot *delivery.Slot, ended *[]error)) {
	t.Helper()
	inOneRig(t, true, func(r *rig) {
		h := &held{rig: r}
		d := delivery.New(r.cfg, delivery.Deps{
			Sender: (*wire)(r), Outcomes: heldOutcomes{(*stores)(r), h}, Observer: r.observer, Gate: r.gate, Rate: delivery.NewRate(0),
		})
		ctx, cancel := context.WithCancel(r.t.Context())
		defer cancel()
		slot, err := r.slots.Start(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer slot.Release()
		var ended []error
		d.Tenure(ctx, heldLedger{(*memory)(r), h}).Deliver(
			delivery.NewTask(domain.NewDecoder(), r.event("A")), slot, func(err error) { ended = append(ended, err) })
		test(h, slot, &ended)
	})
}

// wantTail compares what was asked for, whether an outcome is known, and the ends.
func (h *held) wantTail(when string, asks string, finished int, ended []error, want string) {
	h.t.Helper()
	h.want(when+": asked for", h.asks, asks)
	h.want(when+": finished", len(h.observer.finished), finished)
	h.want(when+": ended", ended, want)
}

// The worker does not wait: it has its slot back with the provider's answer. Each step
// begins when the one before it is durable, and the run ends after all of them.
func TestEachStepAfterAnAcceptWaitsForTheOneBefore(t *testing.T) {
	tailed(t, func(h *held, slot *delivery.Slot, ended *[]error) {
		if !slot.Held() || h.slots.Sending() != 0 {
			t.Errorf("the worker has its slot: %v; %d are sending", slot.Held(), h.slots.Sending())
		}
		h.wantTail("accepted", "[sent]", 0, *ended, "[]")
		h.ends[0](nil)
		h.wantTail("settled", "[sent outcome]", 0, *ended, "[]")
		h.ends[1](nil)
		h.wantTail("told", "[sent outcome]", 1, *ended, "[<nil>]")
		for _, again := range h.ends {
			again(errors.New("twice"))
		}
		h.wantTail("each once", "[sent outcome]", 1, *ended, "[<nil>]")
	})
}

func TestAnAcceptThatCannotBeRecordedHasNoOutcome(t *testing.T) {
	tailed(t, func(h *held, _ *delivery.Slot, ended *[]error) {
		h.ends[0](ports.ErrFenced)
		h.wantTail("fenced", "[sent]", 0, *ended, fmt.Sprint([]error{ports.ErrFenced}))
	})
	tailed(t, func(h *held, _ *delivery.Slot, ended *[]error) {
		h.ends[0](nil)
		h.ends[1](context.Canceled)
		h.wantTail("not told", "[sent outcome]", 0, *ended, fmt.Sprint([]error{context.Canceled}))
	})
}

// A step that panics is taken again where it may wait, and the record ends once.
func TestAPanicBehindAnAcceptIsTriedAgain(t *testing.T) {
	inOneRig(t, true, func(r *rig) {
		panics := 3
		r.onWrite = func(what string) error {
			if what == "outcome" && panics > 0 {
				panics--
				panic("on the way to being durable")
			}
			return nil
		}
		r.want("outcome", r.outcome(r.event("A")), "sent")
		r.want("steps", r.steps, "[claimed sent outcome]")
		r.want("finished", len(r.observer.finished), 1)
		r.want("panics", r.observer.panics, 3)
		if r.since() < 10*time.Second {
			t.Errorf("they are not spaced: %s", r.since())
		}
	})
}
