package portstest

import (
	"errors"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// testOwners runs the tests of a ledger that changes its owner.
func testOwners(t *testing.T, newHarness func(t *testing.T) LedgerHarness) {
	for name, test := range map[string]func(*testing.T, LedgerHarness){
		"a new owner knows what was known":                       newOwnerKnows,
		"a new owner knows for which record a key was sent":      newOwnerKnowsForWhom,
		"a foreign claim's lease counts from the takeover":       foreignLeaseCounts,
		"the owner before is told and its late records are void": lateRecordsAreVoid,
		"a late note is void":                                    lateNoteIsVoid,
		"a late sent counts from any writer":                     lateSentCounts,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newHarness(t))
		})
	}
}

func newOwnerKnows(t *testing.T, h LedgerHarness) {
	states := []ports.State{ports.StateSent, ports.StateFailed, ports.StateUnknown, ports.StateClaimed}
	for a, s := range states {
		c := claimOf(a, 1)
		claim(t, h.Ledger, c)
		if s != ports.StateClaimed {
			settle(t, h.Ledger, c, s)
		}
	}
	next := h.TakeOver(t)
	for a, s := range states {
		k := wantState(t, next, claimOf(a, 1), s)
		if s.InDoubt() {
			wantClaim(t, k.Doubt, claimOf(a, 1))
		}
		wantNewest(t, next, claimOf(a, 2), claimOf(a, 1))
		claim(t, next, claimOf(a, 2))
	}
}

func foreignLeaseCounts(t *testing.T, h LedgerHarness) {
	c := claimOf(1, 1)
	claim(t, h.Ledger, c)
	begin := time.Now()
	next := h.TakeOver(t)
	k := wantState(t, next, c, ports.StateClaimed)
	if since := k.Doubt.Since; since.Before(begin) || since.After(time.Now()) {
		t.Errorf("the lease of a foreign claim counts from %s before the takeover", begin.Sub(since))
	}
}

func lateRecordsAreVoid(t *testing.T, h LedgerHarness) {
	done, fresh := claimOf(1, 1), claimOf(2, 1)
	claim(t, h.Ledger, done)
	settle(t, h.Ledger, done, ports.StateFailed)
	next := h.TakeOver(t)
	if err := h.Ledger.Claim(fresh); !errors.Is(err, ports.ErrFenced) {
		t.Errorf("the first late claim: %v, want ErrFenced", err)
	}
	for _, s := range []ports.State{ports.StateFailed, ports.StateUnknown} {
		if err := h.Ledger.Settle(done, ports.Settlement{State: s, Code: "late"}); !errors.Is(err, ports.ErrFenced) {
			t.Errorf("a late %s: %v, want ErrFenced", s, err)
		}
	}
	own := claimOf(3, 1)
	claim(t, next, own) // by now the new owner has read the records before its own
	if k := wantState(t, next, own, ports.StateClaimed); !k.Doubt.Since.Equal(own.Since) {
		t.Errorf("the own claim's lease counts from %s, want %s", k.Doubt.Since, own.Since)
	}
	wantState(t, next, fresh, ports.StateNone)
	wantState(t, next, done, ports.StateFailed)
	claim(t, next, done)
	settle(t, next, done, ports.StateSent)
	wantState(t, h.TakeOver(t), done, ports.StateSent)
}

func lateSentCounts(t *testing.T, h LedgerHarness) {
	known, unknown := claimOf(1, 1), claimOf(2, 1)
	claim(t, h.Ledger, known)
	claim(t, h.Ledger, unknown)
	next := h.TakeOver(t)
	settle(t, next, unknown, ports.StateUnknown)
	for _, c := range []ports.Claim{known, unknown} {
		// It does not matter whether the deposed owner gets an error: the fact must be
		// recorded.
		if err := h.Ledger.Settle(c, ports.Settlement{State: ports.StateSent, Code: "id"}); err != nil && !errors.Is(err, ports.ErrFenced) {
			t.Errorf("a late sent: %v", err)
		}
	}
	claim(t, next, claimOf(3, 1))
	wantState(t, next, known, ports.StateSent)
	wantState(t, next, unknown, ports.StateSent)
	wantState(t, h.TakeOver(t), known, ports.StateSent)
}
