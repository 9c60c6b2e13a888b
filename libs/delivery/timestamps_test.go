package delivery_test

import (
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// unknowns are timestamps that cannot be when an event was published.
func unknowns(now time.Time) map[string]time.Time {
	return map[string]time.Time{
		"absent": time.UnixMilli(-1), "zero": time.UnixMilli(0), "never set": {},
		"before 2000": time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC), "over a day ahead": now.Add(24*time.Hour + time.Second),
	}
}

func TestAnUnknownTimestampLeavesItToTheOffset(t *testing.T) {
	const tooOld = "dead_lettered unknown_outcome ledger.too_old"
	for what := range unknowns(time.Time{}) {
		inRig(t, func(r *rig) {
			<-time.After(time.Hour)
			r.reach, r.seen = time.Now(), 7
			unknown := func(rec *ports.Record, offset int64) *ports.Record {
				rec.Offset, rec.Timestamp = offset, unknowns(time.Now())[what]
				return rec
			}
			r.want(what+", below what was seen", r.outcome(unknown(r.event("A"), 7)), tooOld)
			r.want(what+", above it", r.outcome(unknown(r.event("B"), 8)), "sent")
			again := unknown(r.event("C"), 8)
			r.want(what+", a replay of an unknown outcome", r.outcome(replay(again, domain.ClassUnknownOutcome, 1, false)), tooOld)
			r.want(what+", a replay that was not accepted", r.outcome(replay(again, domain.ClassRecipientRejected, 1, false)), "sent")
			later := unknown(r.event("B", at(r.begin.Add(48*time.Hour))), 9)
			r.want(what+", a later event", r.outcome(later), "sent")
			r.want(what+", an earlier event", r.outcome(unknown(r.event("B", at(r.begin.Add(72*time.Hour))), 6)), "skipped superseded")
		}, func(c *delivery.Config) { c.MaxEventAge = time.Minute })
	}
}

// A calendar file takes the time of publishing for "now": one that cannot be
// must not make an entry look newer than what comes after it.
func TestAnAdapterIsNeverToldAnUnknownTime(t *testing.T) {
	inRig(t, func(r *rig) {
		for what, impossible := range unknowns(r.begin) {
			rec := r.event("A "+what, with("email", "a@patients.example"))
			known := rec.Timestamp
			r.want("known", r.outcome(rec), "sent")
			rec = r.event("B "+what, with("email", "b@patients.example"))
			rec.Timestamp = impossible
			r.want(what, r.outcome(rec), "sent")
			last := r.notes[len(r.notes)-2:]
			r.want("known", last[0].EventTime.Equal(known), true)
			r.want(what, last[1].EventTime.IsZero(), true)
		}
	})
}
