package delivery_test

import (
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// A recipient who is not on the list gets no message, not by a replay either. A
// claim from before the list is still asked about first.
func TestWhoIsNotOnTheAllowlistGetsNothing(t *testing.T) {
	list, err := domain.ParseAllowlist("@staging.example")
	if err != nil {
		t.Fatal(err)
	}
	const skipped = "skipped not_on_allowlist"
	inRig(t, func(r *rig) {
		r.want("on it", r.outcome(r.event("A", with("email", "tester@staging.example"))), "sent")
		patient := with("email", "patient@clinic.example")
		rec := r.event("B", patient)
		r.want("not on it", r.outcome(rec), skipped)
		r.want("a replay", r.outcome(replay(rec, domain.ClassRetriesExhausted, 1, false)), skipped)
		r.want("an allowed duplicate", r.outcome(replay(rec, domain.ClassUnknownOutcome, 2, true)), skipped)
		r.want("calls", len(r.sends)+len(r.asks), 1)
		found, lost := r.event("C", patient), r.event("D", patient)
		r.leave(found, true)
		r.leave(lost, false)
		r.want("an earlier claim that was accepted", r.outcome(found), "sent")
		r.want("an earlier claim that was not", r.outcome(lost), skipped)
		r.want("sends", len(r.sends), 1)
		r.want("dead letters", len(r.dead), 0)
	}, func(c *delivery.Config) { c.Allowlist = list })
}
