package portstest

import (
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// copies returns a claim, and that of a later copy of its event.
func copies() (first, second ports.Claim) {
	first, second = claimOf(1, 1), claimOf(1, 2)
	second.Key = first.Key
	return first, second
}

// accept makes sent the accepted one of two copies of an event, after failed claims of
// both, and then settles other as sent too.
func accept(t *testing.T, l ports.Ledger, sent, other ports.Claim) {
	t.Helper()
	for _, c := range []ports.Claim{other, sent} {
		claim(t, l, c)
		settle(t, l, c, ports.StateFailed)
	}
	claim(t, l, sent)
	if err := l.Settle(sent, ports.Settlement{State: ports.StateSent, Code: "id of " + sent.Handle}); err != nil {
		t.Fatal(err)
	}
	claim(t, l, other)
	settle(t, l, other, ports.StateSent)
}

func wantSentFor(t *testing.T, l ports.Ledger, sent, other ports.Claim) {
	t.Helper()
	k := wantState(t, l, sent, ports.StateSent)
	if a := k.Accepted; !a.Of(sent.Origin) || a.Of(other.Origin) || a.ProviderID != "id of "+sent.Handle {
		t.Errorf("accepted: %+v; want it for %+v", a, sent.Origin)
	}
}

func sentSaysForWhom(t *testing.T, h LedgerHarness) {
	first, second := copies()
	accept(t, h.Ledger, first, second) // the older copy of the two, in a replay
	wantSentFor(t, h.Ledger, first, second)
	if k := wantState(t, h.Ledger, claimOf(2, 1), ports.StateNone); k.Accepted != (ports.Acceptance{}) {
		t.Errorf("a key that was not sent was accepted: %+v", k.Accepted)
	}
}

func newOwnerKnowsForWhom(t *testing.T, h LedgerHarness) {
	first, second := copies()
	accept(t, h.Ledger, second, first)
	wantSentFor(t, h.TakeOver(t), second, first)
}
