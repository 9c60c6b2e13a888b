package delivery_test

import (
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

func TestAPanicAfterTheClaimIsAnUnknownOutcome(t *testing.T) {
	inRig(t, func(r *rig) {
		r.observer.onCalled = func(ports.Call) { panic("after the answer") }
		rec := r.event("A")
		r.want("outcome", r.outcome(rec), "dead_lettered unknown_outcome internal.panic")
		r.want("durable steps", r.journal, "[claimed unknown dead letter]")
		r.observer.onCalled = nil
		r.want("a replay asks", r.outcome(replay(rec, domain.ClassUnknownOutcome, 1, false)), "sent")
		r.want("calls", len(r.sends), 1)
	})
}
