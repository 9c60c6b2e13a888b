package ledger_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
)

// A long-lived index forgets again and again while its log goes on: what was
// recorded since is known as if nothing had been forgotten.
func TestTheIndexGoesOnAfterForgetting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, index, log := newStory(), ledger.NewIndex(), naive{}
		fold := func(e ledger.Entry) {
			index.Fold(&e, s.clock, s.clock)
			log.fold(e, s.clock, s.clock)
		}
		fold(s.fence())
		var limit time.Time
		for range rapid.IntRange(20, 100).Draw(t, "records") {
			s.clock = s.clock.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "hours")) * time.Hour)
			fold(s.record(t))
			if rapid.IntRange(0, 4).Draw(t, "forget") == 0 {
				if until := s.clock.Add(-time.Duration(rapid.IntRange(0, 3).Draw(t, "age")) * time.Hour); until.After(limit) {
					limit = until
				}
				index.Forget(limit)
			}
		}
		for _, r := range log.valid() {
			last := log.last(r.Claim.AppointmentID)[r.Claim.Key]
			if r.Kind == ledger.KindNoted || r.at.Before(limit) {
				continue // a note keeps what is known, it does not bring it back
			}
			told := log.lastTold(r.Claim.AppointmentID, r.Claim.Recipient)
			if at := index.LastTold(r.Claim.AppointmentID, r.Claim.Recipient); !told.at.IsZero() && !told.at.Before(limit) && at.IsZero() {
				t.Fatal("what a recipient was last told is forgotten")
			}
			got := index.LookUp(r.Claim.Key, r.Claim.AppointmentID)
			newest := got.Unrevised
			if r.Claim.Revision != nil {
				newest = got.Revised
			}
			if got.State != stateOf(last) || !newest.Known {
				t.Fatalf("%s of %s is %v beside %+v, want %v", r.Claim.Key, r.Claim.AppointmentID, got.State, newest, stateOf(last))
			}
		}
	})
}
