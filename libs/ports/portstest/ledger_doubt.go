package portstest

import (
	"slices"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// A doubt is as old as its first claim: an `unknown`, a repeated claim and a new owner
// must not make it look young, or "not found" would be believed for a time that the
// provider no longer keeps.
func doubtKeepsItsBegin(t *testing.T, h LedgerHarness) {
	c := claimOf(1, 1)
	c.Since = time.Now().Add(-30 * time.Hour) // as if the writer's clock had been behind
	begin := c.Since.Truncate(time.Millisecond)
	claim(t, h.Ledger, c)
	wantBegin(t, h.Ledger, c, begin)
	again := c
	again.Since = time.Now()
	settle(t, h.Ledger, again, ports.StateUnknown)
	wantBegin(t, h.Ledger, c, begin)
	claim(t, h.Ledger, again)
	l := h.Ledger
	if h.TakeOver != nil {
		l = h.TakeOver(t)
	}
	wantBegin(t, l, c, begin)
	settle(t, l, again, ports.StateUnknown)
	wantBegin(t, l, c, begin)
	settle(t, l, again, ports.StateFailed) // the doubt is over: the next one begins anew
	before := time.Now().Add(-time.Minute)
	claim(t, l, again)
	if k := wantState(t, l, c, ports.StateClaimed); k.Doubt.At.Before(before) {
		t.Errorf("the next doubt began at %s, want not before %s", k.Doubt.At, before)
	}
}

func wantBegin(t *testing.T, l ports.Ledger, c ports.Claim, want time.Time) {
	t.Helper()
	if at := l.LookUp(c.Key, c.AppointmentID).Doubt.At; at.Before(want) || at.After(want.Add(time.Millisecond)) {
		t.Errorf("the doubt began at %s, want %s", at, want)
	}
}

func doubtKeepsItsHandles(t *testing.T, h LedgerHarness) {
	c := claimOf(1, 1)
	renamed := c
	renamed.Handle = "handle of another domain"
	claim(t, h.Ledger, c)
	claim(t, h.Ledger, renamed)
	settle(t, h.Ledger, renamed, ports.StateUnknown)
	l := h.Ledger
	if h.TakeOver != nil {
		l = h.TakeOver(t)
	}
	k := wantState(t, l, c, ports.StateUnknown)
	wantClaim(t, k.Doubt, renamed)
	if !slices.Equal(k.Doubt.Handles, []string{c.Handle}) {
		t.Errorf("further handles %q, want that of the first claim", k.Doubt.Handles)
	}
	settle(t, l, renamed, ports.StateFailed)
	claim(t, l, renamed)
	if k := wantState(t, l, c, ports.StateClaimed); len(k.Doubt.Handles) > 0 {
		t.Errorf("after the doubt is over: further handles %q", k.Doubt.Handles)
	}
}
