package delivery_test

import (
	"testing"
)

func TestAPanicBeforeTheClaimIsAnInvalidEvent(t *testing.T) {
	inRig(t, func(r *rig) {
		r.onHandle = func() { panic("the event made the adapter panic") }
		r.want("outcome", r.outcome(r.event("A")), "dead_lettered invalid_event internal.panic")
		r.want("durable steps", r.journal, "[noted dead letter]")
		r.want("panics observed", r.observer.panics, 1)
		r.onHandle = nil
		r.want("the next event", r.outcome(r.event("B")), "sent")
	})
}

// It is unknown how far the request got, so the provider is asked.
func TestAPanicInTheCallIsInDoubt(t *testing.T) {
	for accepted, calls := range map[bool]int{true: 1, false: 2} {
		inRig(t, func(r *rig) {
			rec := r.event("A")
			r.onSend = func() {
				r.onSend = nil
				if accepted {
					r.leave(rec, true)
				}
				panic("in the middle of the request")
			}
			r.want("outcome", r.outcome(rec), "sent")
			r.want("calls", len(r.sends), calls)
			r.want("accepted", r.accepted(), 1)
			if !accepted && r.sends[1] < proof {
				t.Errorf("sent again after %s, want not before %s", r.sends[1], proof)
			}
		})
	}
}
