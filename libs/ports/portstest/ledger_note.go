package portstest

import (
	"errors"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

func note(t *testing.T, l ports.Ledger, c ports.Claim, code string) {
	t.Helper()
	if err := l.Note(c, code); err != nil {
		t.Fatalf("Note as %s: %v", code, err)
	}
}

// later returns c as published again, by offsets later.
func later(c ports.Claim, by int64) ports.Claim {
	c.Origin.Offset += by
	return c
}

// known returns the ledger as the next owner sees it, if it can change its owner: notes
// must also survive being read back.
func known(t *testing.T, h LedgerHarness) ports.Ledger {
	if h.TakeOver == nil {
		return h.Ledger
	}
	return h.TakeOver(t)
}

func notedTellsWhatIsNewest(t *testing.T, h LedgerHarness) {
	claimed, noted, keyless := claimOf(1, 1), claimOf(1, 2), claimOf(1, 3)
	claim(t, h.Ledger, claimed)
	settle(t, h.Ledger, claimed, ports.StateSent)
	note(t, h.Ledger, noted, "appointment_past")
	wantNewest(t, h.Ledger, claimed, noted)
	note(t, h.Ledger, later(claimed, 9), "already_sent") // behind a sent, too
	l := known(t, h)
	wantNewest(t, l, claimed, noted) // by its time
	keyless.Key = domain.Key{}
	note(t, l, keyless, "not_requested")
	n := l.LookUp(keyless.Key, keyless.AppointmentID).Unrevised
	if !n.Known || n.SameKey || n.Facts.Differ(keyless.Facts) || n.Version.Offset != keyless.Origin.Offset {
		t.Errorf("the newest event is %+v, want the one without a key", n)
	}
}

func notedChangesNoState(t *testing.T, h LedgerHarness) {
	states := []ports.State{ports.StateNone, ports.StateClaimed, ports.StateSent, ports.StateFailed, ports.StateUnknown}
	for a, s := range states {
		c := claimOf(a, 1)
		if s != ports.StateNone {
			claim(t, h.Ledger, c)
		}
		if s != ports.StateNone && s != ports.StateClaimed {
			settle(t, h.Ledger, c, s)
		}
		note(t, h.Ledger, later(c, 1), ports.NotedSuperseded)
	}
	l := known(t, h)
	for a, s := range states {
		k := wantState(t, l, claimOf(a, 1), s)
		if !k.Withdrawn {
			t.Errorf("a key that is %s was noted as superseded and is not withdrawn", s)
		}
		if s.InDoubt() {
			wantClaim(t, k.Doubt, claimOf(a, 1))
		}
	}
}

func claimEndsWithdrawal(t *testing.T, h LedgerHarness) {
	c := claimOf(1, 1)
	note(t, h.Ledger, c, "event_too_old")
	if h.Ledger.LookUp(c.Key, c.AppointmentID).Withdrawn {
		t.Error("an event that was noted for another reason is withdrawn")
	}
	note(t, h.Ledger, c, ports.NotedSuperseded)
	note(t, h.Ledger, c, "event_too_old")
	if !h.Ledger.LookUp(c.Key, c.AppointmentID).Withdrawn {
		t.Error("a later note has ended a withdrawal")
	}
	claim(t, h.Ledger, c)
	settle(t, h.Ledger, c, ports.StateFailed)
	if known(t, h).LookUp(c.Key, c.AppointmentID).Withdrawn {
		t.Error("a key that was claimed again is still withdrawn")
	}
}

// A relay that repeats itself publishes a withdrawn event behind the one that withdrew
// it. That must not hide the newer event.
func withdrawnCopyHidesNothing(t *testing.T, h LedgerHarness) {
	booked, cancelled := claimOf(1, 1), claimOf(1, 2)
	note(t, h.Ledger, booked, ports.NotedSuperseded)
	claim(t, h.Ledger, cancelled)
	note(t, h.Ledger, later(booked, 9), ports.NotedSuperseded)
	wantNewest(t, known(t, h), booked, cancelled)
}

func lateNoteIsVoid(t *testing.T, h LedgerHarness) {
	c := claimOf(1, 1)
	next := h.TakeOver(t)
	if err := h.Ledger.Note(c, ports.NotedSuperseded); !errors.Is(err, ports.ErrFenced) {
		t.Errorf("a late note: %v, want ErrFenced", err)
	}
	claim(t, next, claimOf(2, 1))
	if k := next.LookUp(c.Key, c.AppointmentID); k.Withdrawn || k.Unrevised.Known {
		t.Errorf("a late note counts: %+v", k)
	}
}
