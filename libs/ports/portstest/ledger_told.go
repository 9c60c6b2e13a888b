package portstest

import (
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// accepted claims c and settles it as sent.
func accepted(t *testing.T, l ports.Ledger, c ports.Claim) {
	t.Helper()
	claim(t, l, c)
	settle(t, l, c, ports.StateSent)
}

// wantLastTold checks the time that c's recipient was told last; want is nil for no
// time.
func wantLastTold(t *testing.T, l ports.Ledger, c ports.Claim, want *ports.Claim) {
	t.Helper()
	var at time.Time
	if want != nil {
		at = want.Facts.Instant
	}
	if got := l.LastTold(c.AppointmentID, c.Recipient); !got.Equal(at) {
		t.Errorf("the recipient of %s was last told %s, want %s", c.Handle, got, at)
	}
}

// Odd numbers are for one recipient, even ones for another. Only the last event is a
// cancellation.
func eachRecipientHasALastTold(t *testing.T, h LedgerHarness) {
	first, other, moved, doubted, gone := claimOf(1, 1), claimOf(1, 2), claimOf(1, 3), claimOf(1, 5), claimOf(1, 7)
	other.Facts.Cancelled, gone.Facts.Cancelled = false, true
	wantLastTold(t, h.Ledger, first, nil)
	claim(t, h.Ledger, first)
	wantLastTold(t, h.Ledger, first, nil) // perhaps
	settle(t, h.Ledger, first, ports.StateSent)
	wantLastTold(t, h.Ledger, first, &first)
	wantLastTold(t, h.Ledger, other, nil)

	accepted(t, h.Ledger, other)
	accepted(t, h.Ledger, moved)
	again := later(first, 9) // a change back without a revision, which no recipient is told
	note(t, h.Ledger, again, "already_sent")
	accepted(t, h.Ledger, again)
	claim(t, h.Ledger, doubted)
	settle(t, h.Ledger, doubted, ports.StateFailed)
	note(t, h.Ledger, doubted, ports.NotedSuperseded)
	accepted(t, h.Ledger, gone)
	l := known(t, h)
	wantLastTold(t, l, first, &moved)
	wantLastTold(t, l, other, &other)
	wantLastTold(t, l, claimOf(2, 1), nil)

	// An outcome that a look-up found later counts like any other.
	claim(t, l, doubted)
	settle(t, l, doubted, ports.StateUnknown)
	settle(t, l, wantState(t, l, doubted, ports.StateUnknown).Doubt, ports.StateSent)
	wantLastTold(t, known(t, LedgerHarness{Ledger: l, TakeOver: h.TakeOver}), first, &doubted)
}
