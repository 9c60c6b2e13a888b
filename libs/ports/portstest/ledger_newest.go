package portstest

import (
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

func othersShow(t *testing.T, h LedgerHarness) {
	asked, claimed, failed, given, sent := claimOf(1, 1), claimOf(1, 2), claimOf(1, 3), claimOf(1, 4), claimOf(1, 5)
	for _, c := range []ports.Claim{claimed, failed, given, sent, claimOf(2, 1)} {
		claim(t, h.Ledger, c)
	}
	settle(t, h.Ledger, failed, ports.StateFailed)
	settle(t, h.Ledger, given, ports.StateUnknown)
	settle(t, h.Ledger, sent, ports.StateSent)
	k := wantState(t, h.Ledger, asked, ports.StateNone)
	if len(k.Others) != 1 {
		t.Fatalf("other claims of the appointment: %+v; want only the one without an outcome", k.Others)
	}
	wantClaim(t, k.Others[0], claimed)
	if k := wantState(t, h.Ledger, claimed, ports.StateClaimed); len(k.Others) > 0 {
		t.Errorf("a claim is among its own others: %+v", k.Others)
	}
}

func newestIsKnown(t *testing.T, h LedgerHarness) {
	old, newer, asked := claimOf(1, 1), claimOf(1, 2), claimOf(1, 3)
	claim(t, h.Ledger, newer)
	wantNewest(t, h.Ledger, asked, newer)
	claim(t, h.Ledger, old) // a replay of the older event does not make it the newest
	for _, s := range []ports.State{ports.StateFailed, ports.StateUnknown, ports.StateSent} {
		settle(t, h.Ledger, old, ports.StateFailed)
		settle(t, h.Ledger, newer, s)
		wantNewest(t, h.Ledger, asked, newer)
		wantNewest(t, h.Ledger, newer, newer)
	}
	// A topic that was created again restarts its offsets: the time decides.
	again := asked
	again.Origin.Offset = 0
	claim(t, h.Ledger, again)
	wantNewest(t, h.Ledger, old, again)
	if k := h.Ledger.LookUp(claimOf(2, 1).Key, claimOf(2, 1).AppointmentID); k.Unrevised.Known || k.Revised.Known {
		t.Error("an event of one appointment is the newest of another")
	}
}

// wantNewest checks the newest event of want's kind.
func wantNewest(t *testing.T, l ports.Ledger, asked, want ports.Claim) {
	t.Helper()
	k := l.LookUp(asked.Key, asked.AppointmentID)
	n := k.Unrevised
	if want.Revision != nil {
		n = k.Revised
	}
	v := n.Version
	sameRevision := (v.Revision == nil) == (want.Revision == nil) && (v.Revision == nil || *v.Revision == *want.Revision)
	sameFacts := n.Facts.Instant.Equal(want.Facts.Instant) && n.Facts.Cancelled == want.Facts.Cancelled
	if !n.Known || n.SameKey != (asked.Key == want.Key) || v.Offset != want.Origin.Offset ||
		!v.Timestamp.Equal(want.Origin.Timestamp) || !sameRevision || !sameFacts {
		t.Errorf("asked for %s, the newest event is %+v; want that of %s", asked.Handle, n, want.Handle)
	}
}

func revisionsDecide(t *testing.T, h LedgerHarness) {
	second, third := int64(2), int64(3)
	late, early := claimOf(1, 2), claimOf(1, 1)
	late.Revision, early.Revision = &second, &third // published early, but the later state of the appointment
	claim(t, h.Ledger, early)
	claim(t, h.Ledger, late)
	wantNewest(t, h.Ledger, late, early)
}

// A later event without a revision must not make the ledger forget the highest
// one, nor the other way round.
func kindsStandApart(t *testing.T, h LedgerHarness) {
	fifth, third := int64(5), int64(3)
	high, plain, low, last := claimOf(1, 1), claimOf(1, 2), claimOf(1, 3), claimOf(1, 4)
	high.Revision, low.Revision = &fifth, &third
	for _, c := range []ports.Claim{high, plain, low} {
		claim(t, h.Ledger, c)
	}
	wantNewest(t, h.Ledger, last, high)
	wantNewest(t, h.Ledger, last, plain)
}
