package delivery_test

import (
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

func cancelled(f map[string]any) { f["status"] = "cancelled" }

// A cancellation is a notification of its own; the other statuses only choose
// the words.
func TestACancellationIsSentOnce(t *testing.T) {
	inRig(t, func(r *rig) {
		r.want("confirmed", r.outcome(r.event("A")), "sent")
		r.want("the same in other words", r.outcome(r.event("A", with("status", "rescheduled"))), "skipped already_sent")
		r.want("cancelled", r.outcome(r.event("A", cancelled)), "sent")
		r.want("cancelled again", r.outcome(r.event("A", cancelled)), "skipped already_sent")
		r.want("confirmed once more", r.outcome(r.event("A")), "skipped already_sent")
		r.want("accepted", r.accepted(), 2)
	})
}

func TestACancellationKeepsTheRulesOfEveryEvent(t *testing.T) {
	inRig(t, func(r *rig) {
		r.want("past", r.outcome(r.event("A", cancelled, at(r.begin))), "skipped appointment_past")
		r.want("nobody to tell", r.outcome(r.event("B", cancelled, with("notify", map[string]any{}))), "skipped not_requested")
		r.want("an unknown status", r.outcome(r.event("C", with("status", "postponed"))), "dead_lettered invalid_event event.status")
		r.want("accepted", r.accepted(), 0)
	})
}

func TestAClaimCarriesTheFactsOfItsEvent(t *testing.T) {
	inRig(t, func(r *rig) {
		when := r.begin.Add(36 * time.Hour).Truncate(time.Second)
		for _, gone := range []bool{false, true} {
			edit := at(when)
			rec := r.event("A", edit)
			if gone {
				rec = r.event("A", edit, cancelled)
			}
			r.want("sent", r.outcome(rec), "sent")
			facts := r.ledger.LookUp(domain.Key{}, "A").Unrevised.Facts
			r.want("cancelled", facts.Cancelled, gone)
			r.want("at", facts.Instant.Equal(when), true)
		}
	})
}

func TestAnotherSpellingOfTheMailboxIsNoSecondNotification(t *testing.T) {
	inRig(t, func(r *rig) {
		r.want("as it was written", r.outcome(r.event("A", with("email", "mara@Clinic.Example"))), "sent")
		r.want("in small letters", r.outcome(r.event("A", with("email", "mara@clinic.example"))), "skipped already_sent")
		r.want("another local part", r.outcome(r.event("A", with("email", "Mara@clinic.example"))), "sent")
		r.want("the first address", r.provider.Accepted()[0].Recipient, "mara@Clinic.Example")
	})
}
