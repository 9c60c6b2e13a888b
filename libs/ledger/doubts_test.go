package ledger_test

import (
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// An `unknown` of version 1 does not say when its claim was made, and retention
// may have removed the claim.
func TestAnUndatedUnknownIsAtLeastAsOldAsItsEvent(t *testing.T) {
	at := time.Date(2031, 5, 9, 9, 0, 0, 0, time.UTC)
	published, claimed := at.Add(-50*time.Hour), at.Add(-30*time.Hour)
	unknown := ledger.Entry{Kind: ledger.KindUnknown, Claim: ports.Claim{
		Key: domain.Key{1}, AppointmentID: "A", Origin: ports.Origin{Timestamp: published},
	}}
	claim := unknown
	claim.Kind = ledger.KindClaimed

	alone := ledger.NewIndex()
	alone.Fold(&unknown, at, at)
	wantDoubtSince(t, alone, published)

	unknown.Claim.Origin.Timestamp = time.UnixMilli(-1)
	blind := ledger.NewIndex()
	blind.Fold(&unknown, at, at)
	wantDoubtSince(t, blind, time.Unix(0, 0))

	behind := ledger.NewIndex()
	behind.Fold(&claim, claimed, at)
	behind.Fold(&unknown, at, at)
	wantDoubtSince(t, behind, claimed)
}

func wantDoubtSince(t *testing.T, x *ledger.Index, want time.Time) {
	t.Helper()
	if at := x.LookUp(domain.Key{1}, "A").Doubt.At; !at.Equal(want) {
		t.Errorf("the doubt began at %s, want %s", at, want)
	}
}

func TestAnEventWithoutAKeyTellsWhatIsNewest(t *testing.T) {
	x, at := ledger.NewIndex(), time.Date(2031, 5, 9, 9, 0, 0, 0, time.UTC)
	note := func(offset int64, revision *int64) {
		x.Fold(&ledger.Entry{Kind: ledger.KindNoted, Code: "event.email", Claim: ports.Claim{
			AppointmentID: "A", Revision: revision, Origin: ports.Origin{Offset: offset, Timestamp: at.Add(time.Duration(offset) * time.Second)},
			Facts: domain.Facts{Instant: time.UnixMilli(offset), Cancelled: true},
		}}, at, at)
	}
	revision := int64(3)
	for _, offset := range []int64{4, 6, 5} {
		note(offset, nil)
	}
	for _, offset := range []int64{14, 16, 15} {
		note(offset, &revision)
	}
	k := x.LookUp(domain.Key{1}, "A")
	if k.State != ports.StateNone || k.Unrevised.Version.Offset != 6 || k.Revised.Version.Offset != 16 || k.Unrevised.SameKey ||
		!k.Unrevised.Facts.Cancelled || !k.Unrevised.Facts.Instant.Equal(time.UnixMilli(6)) ||
		!k.Revised.Facts.Instant.Equal(time.UnixMilli(16)) {
		t.Errorf("known: %+v", k)
	}
	if x.Len() != 2 || x.Highest() != 16 {
		t.Errorf("%d entries, highest offset %d", x.Len(), x.Highest())
	}
	x.Fold(&ledger.Entry{Kind: ledger.KindSent, Claim: ports.Claim{
		Key: domain.Key{1}, AppointmentID: "A", Origin: ports.Origin{Offset: 7, Timestamp: at.Add(7 * time.Second)},
	}}, at, at)
	if k := x.LookUp(domain.Key{1}, "A"); k.State != ports.StateSent || !k.Unrevised.SameKey || x.Len() != 2 {
		t.Errorf("after a newer event was sent: %+v in %d entries", k, x.Len())
	}
}

// Retention takes the claim away, and the `unknown` still tells when it was made.
func TestAnUnknownOutlivesItsClaim(t *testing.T) {
	claimed := time.Date(2031, 5, 9, 9, 0, 0, 0, time.UTC)
	given := claimed.Add(30 * time.Hour)
	owner := ledger.NewIndex()
	claim := ledger.Entry{Kind: ledger.KindClaimed, Claim: ports.Claim{
		Key: domain.Key{1}, AppointmentID: "A", Since: claimed, Handle: "h",
		Origin: ports.Origin{Topic: "t", Timestamp: claimed.Add(-time.Hour)},
	}}
	owner.Stamp(&claim)
	owner.Fold(&claim, claimed.Add(time.Second), claimed)
	unknown := claim
	unknown.Kind = ledger.KindUnknown
	owner.Stamp(&unknown)
	read, err := ledger.Unmarshal(unknown.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	next := ledger.NewIndex()
	next.Fold(&read, given, given)
	wantDoubtSince(t, next, claimed)
}

// Without timestamps an offset alone does not make a withdrawn event the newest:
// it may be a copy of what the newer one has withdrawn.
func TestAWithdrawnEventHidesNoOtherByItsOffset(t *testing.T) {
	at := time.Date(2031, 5, 9, 9, 0, 0, 0, time.UTC)
	for known, newest := range map[bool]int64{false: 2, true: 3} {
		x := ledger.NewIndex()
		fold := func(kind ledger.Kind, key domain.Key, offset int64) {
			e := ledger.Entry{Kind: kind, Code: ports.NotedSuperseded, Claim: ports.Claim{
				Key: key, AppointmentID: "A", Origin: ports.Origin{Offset: offset},
			}}
			if known {
				e.Claim.Origin.Timestamp = at.Add(time.Duration(offset) * time.Second)
			}
			x.Fold(&e, at, at)
		}
		fold(ledger.KindSent, domain.Key{2}, 2)
		fold(ledger.KindNoted, domain.Key{1}, 3)
		if k := x.LookUp(domain.Key{}, "A"); k.Unrevised.Version.Offset != newest {
			t.Errorf("with timestamps %v the newest is at %d, want %d", known, k.Unrevised.Version.Offset, newest)
		}
	}
}
