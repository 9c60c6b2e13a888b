package portstest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// LedgerHarness is one empty ledger under the suite's control.
type LedgerHarness struct {
	// Ledger is its first owner's.
	Ledger ports.Ledger
	// TakeOver makes another process the owner and returns the ledger as the new owner
	// sees it; the previous owner is not told. Nil for a ledger that cannot change its
	// owner: the tests of owners are then left out.
	TakeOver func(t *testing.T) ports.Ledger
}

// TestLedger runs the contract of ports.Ledger as sub-tests. newHarness is
// called once for each, so that they share nothing.
func TestLedger(t *testing.T, newHarness func(t *testing.T) LedgerHarness) {
	for name, test := range map[string]func(*testing.T, LedgerHarness){
		"nothing is known of a new key":                         newKeyIsUnknown,
		"a claim is in doubt and says how to ask":               claimIsInDoubt,
		"sent absorbs everything":                               sentAbsorbs,
		"otherwise the last record counts":                      lastRecordCounts,
		"sent says for which record":                            sentSaysForWhom,
		"other claims of the appointment show, given up do not": othersShow,
		"the newest event is known in whatever state":           newestIsKnown,
		"revisions decide which event is newer":                 revisionsDecide,
		"neither kind of event hides the newest of the other":   kindsStandApart,
		"a doubt keeps the time at which it began":              doubtKeepsItsBegin,
		"every way to ask about a doubt is kept":                doubtKeepsItsHandles,
		"a noted event tells what is newest":                    notedTellsWhatIsNewest,
		"a noted event changes no state":                        notedChangesNoState,
		"a withdrawn key is so until it is claimed again":       claimEndsWithdrawal,
		"a copy of a withdrawn event hides no newer one":        withdrawnCopyHidesNothing,
		"each recipient has a time that they were told last":    eachRecipientHasALastTold,
		"concurrent callers do not disturb each other":          ledgerIsConcurrent,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newHarness(t))
		})
	}
	if newHarness(t).TakeOver != nil {
		testOwners(t, newHarness)
	}
}

// claimOf returns the claim of event number e of appointment a. Later events
// have higher offsets and timestamps.
func claimOf(a, e int) ports.Claim {
	return ports.Claim{
		Key: sha256.Sum256([]byte{byte(a), byte(e)}), AppointmentID: fmt.Sprintf("A-%d", a),
		Origin: ports.Origin{
			Topic: "appointments.created", Partition: 0, Offset: int64(100*a + e),
			Timestamp: time.UnixMilli(1_700_000_000_000 + int64(1000*e)),
		},
		Facts:     domain.Facts{Instant: time.UnixMilli(1_940_000_000_000 + int64(1000*e)), Cancelled: e%2 == 0},
		Recipient: domain.RecipientTag(1 + e%2),
		Handle:    fmt.Sprintf("handle of %d/%d", a, e), Lease: 10 * time.Second, Since: time.Now(),
	}
}

func claim(t *testing.T, l ports.Ledger, c ports.Claim) {
	t.Helper()
	if err := l.Claim(c); err != nil {
		t.Fatalf("Claim: %v", err)
	}
}

func settle(t *testing.T, l ports.Ledger, c ports.Claim, s ports.State) {
	t.Helper()
	if err := l.Settle(c, ports.Settlement{State: s, Code: "code"}); err != nil {
		t.Fatalf("Settle as %s: %v", s, err)
	}
}

func wantState(t *testing.T, l ports.Ledger, c ports.Claim, want ports.State) ports.Knowledge {
	t.Helper()
	k := l.LookUp(c.Key, c.AppointmentID)
	if k.State != want {
		t.Errorf("the state of %s is %s, want %s", c.Handle, k.State, want)
	}
	return k
}

// wantClaim checks the identity and the handles of a claim.
func wantClaim(t *testing.T, got, want ports.Claim) {
	t.Helper()
	sameRevision := (got.Revision == nil) == (want.Revision == nil) && (got.Revision == nil || *got.Revision == *want.Revision)
	sameOrigin := got.Origin.Timestamp.Equal(want.Origin.Timestamp)
	got.Origin.Timestamp = want.Origin.Timestamp
	sameFacts := got.Facts.Instant.Equal(want.Facts.Instant) && got.Facts.Cancelled == want.Facts.Cancelled
	if got.Key != want.Key || got.AppointmentID != want.AppointmentID || got.Handle != want.Handle ||
		got.Lease != want.Lease || got.Recipient != want.Recipient || !sameOrigin || got.Origin != want.Origin || !sameRevision || !sameFacts {
		t.Errorf("the claim is\n     %+v\nwant %+v", got, want)
	}
}

func newKeyIsUnknown(t *testing.T, h LedgerHarness) {
	if k := wantState(t, h.Ledger, claimOf(1, 1), ports.StateNone); k.Unrevised.Known || k.Revised.Known || len(k.Others) > 0 || !k.Reach.IsZero() {
		t.Errorf("an empty ledger knows %+v", k)
	}
}

func claimIsInDoubt(t *testing.T, h LedgerHarness) {
	before := time.Now()
	c, revision := claimOf(1, 1), int64(7)
	c.Revision = &revision
	claim(t, h.Ledger, c)
	k := wantState(t, h.Ledger, c, ports.StateClaimed)
	wantClaim(t, k.Doubt, c)
	if !k.Doubt.Since.Equal(c.Since) {
		t.Errorf("the own claim's lease counts from %s, want %s", k.Doubt.Since, c.Since)
	}
	if at := k.Doubt.At; at.Before(before.Add(-time.Minute)) || at.After(time.Now().Add(time.Minute)) {
		t.Errorf("the doubt began at %s", at)
	}
}

func sentAbsorbs(t *testing.T, h LedgerHarness) {
	c := claimOf(1, 1)
	claim(t, h.Ledger, c)
	settle(t, h.Ledger, c, ports.StateSent)
	wantState(t, h.Ledger, c, ports.StateSent)
	for _, after := range []ports.State{ports.StateFailed, ports.StateUnknown, ports.StateSent} {
		claim(t, h.Ledger, c)
		wantState(t, h.Ledger, c, ports.StateSent)
		settle(t, h.Ledger, c, after)
		wantState(t, h.Ledger, c, ports.StateSent)
	}
}

func lastRecordCounts(t *testing.T, h LedgerHarness) {
	c := claimOf(1, 1)
	for _, s := range []ports.State{ports.StateFailed, ports.StateUnknown, ports.StateFailed, ports.StateUnknown, ports.StateSent} {
		claim(t, h.Ledger, c)
		wantState(t, h.Ledger, c, ports.StateClaimed)
		settle(t, h.Ledger, c, s)
		if k := wantState(t, h.Ledger, c, s); s == ports.StateUnknown {
			wantClaim(t, k.Doubt, c)
		}
	}
}

func ledgerIsConcurrent(t *testing.T, h LedgerHarness) {
	const callers, each = 32, 4
	var wg sync.WaitGroup
	for a := range callers {
		wg.Go(func() {
			for e := range each {
				c := claimOf(a, e)
				err := h.Ledger.Claim(c)
				h.Ledger.LookUp(c.Key, c.AppointmentID)
				if err = errors.Join(err, h.Ledger.Settle(c, ports.Settlement{State: ports.StateSent, Code: "id"})); err != nil {
					t.Errorf("caller %d: %v", a, err)
				}
			}
		})
	}
	wg.Wait()
	for a := range callers {
		for e := range each {
			wantState(t, h.Ledger, claimOf(a, e), ports.StateSent)
		}
	}
}
