package portstest

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

func concurrentCalls(t *testing.T, h SenderHarness) {
	const calls = 32
	var wg sync.WaitGroup
	ids := make([]string, calls)
	for i := range calls {
		n := notification(t, h, 100+i)
		wg.Go(func() {
			accepted, err := h.Sender.Send(t.Context(), n)
			if err != nil {
				t.Errorf("call %d: %v", i, err)
			}
			ids[i] = accepted.ProviderID
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, id := range ids {
		seen[id] = true
	}
	if len(seen) != calls || len(h.Accepted()) != calls {
		t.Errorf("%d ids and %d accepts for %d calls", len(seen), len(h.Accepted()), calls)
	}
}

func lookUpFinds(t *testing.T, h SenderHarness) {
	sent, never := notification(t, h, 40), notification(t, h, 41)
	claimed := time.Now()
	accepted, err := h.Sender.Send(t.Context(), sent)
	if err != nil {
		t.Fatal(err)
	}
	found, err := h.Sender.LookUp(t.Context(), ports.LookUp{Handle: h.Sender.Handle(sent), ClaimedAt: claimed})
	if err != nil || found != accepted {
		t.Errorf("LookUp = %+v, %v; want %+v", found, err, accepted)
	}
	_, err = h.Sender.LookUp(t.Context(), ports.LookUp{Handle: h.Sender.Handle(never), ClaimedAt: claimed})
	if !errors.Is(err, ports.ErrNotFound) {
		t.Errorf("LookUp of what was never sent: %v, want ErrNotFound", err)
	}
	wantAccepted(t, h, sent.Recipient)
}

func lookUpFaults(t *testing.T, h SenderHarness) {
	n := notification(t, h, 50)
	if _, err := h.Sender.Send(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	ask := ports.LookUp{Handle: h.Sender.Handle(n), ClaimedAt: time.Now()}
	for _, c := range []struct {
		kind fake.Kind
		want domain.Class
	}{
		{fake.Refused, domain.ClassTransient},
		{fake.Reset, domain.ClassTransient},
		{fake.Truncated, domain.ClassTransient},
		{fake.Unrecognized, domain.ClassTransient},
		{fake.ServerError, domain.ClassTransient},
		{fake.RateLimited, domain.ClassTransient},
		{fake.BadConfiguration, domain.ClassUnknownOutcome},
	} {
		for range max(h.Ways, 1) {
			h.Fail(fake.Fault{Kind: c.kind})
		}
		_, err := h.Sender.LookUp(t.Context(), ask)
		wantClass(t, h, n, err, c.want)
	}
	wantFound(t, h.Sender, n, ask.Handle)
	_, err := h.Sender.LookUp(t.Context(), ports.LookUp{Handle: "another provider's", ClaimedAt: time.Now()})
	wantClass(t, h, n, err, domain.ClassUnknownOutcome)
	wantAccepted(t, h, n.Recipient)
}

// lookBackMargin is the part of the look-back that is not relied on, because clocks
// differ.
const lookBackMargin = time.Hour

// lookBackEnds asks about claims of all ages. "Not found" counts only while the
// provider keeps the whole time since the claim; a found message always counts.
func lookBackEnds(t *testing.T, h SenderHarness) {
	never, sent := notification(t, h, 80), notification(t, h, 81)
	limit := h.LookBack - lookBackMargin
	if limit <= 0 {
		t.Fatalf("the look-back is %s", h.LookBack)
	}
	if _, err := h.Sender.Send(t.Context(), sent); err != nil {
		t.Fatal(err)
	}
	ask := func(n ports.Notification, claimed time.Time) error {
		_, err := h.Sender.LookUp(t.Context(), ports.LookUp{Handle: h.Sender.Handle(n), ClaimedAt: claimed})
		return err
	}
	if err := ask(never, time.Now().Add(time.Minute-limit)); !errors.Is(err, ports.ErrNotFound) {
		t.Errorf("within the look-back: %v, want ErrNotFound", err)
	}
	for _, claimed := range []time.Time{time.Now().Add(-time.Minute - limit), time.Now().Add(-10 * h.LookBack), {}} {
		wantClass(t, h, never, ask(never, claimed), domain.ClassUnknownOutcome)
		if err := ask(sent, claimed); err != nil {
			t.Errorf("claimed at %s and there: %v", claimed, err)
		}
	}
}

func handleSurvives(t *testing.T, h SenderHarness) {
	n := notification(t, h, 60)
	handle := h.Sender.Handle(n)
	if _, err := h.Sender.Send(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	wantFound(t, h.Renamed, n, handle)
}

func handleIsOneField(t *testing.T, h SenderHarness) {
	n := notification(t, h, 70)
	handle := h.Sender.Handle(n)
	if handle == "" || strings.ContainsAny(handle, "\t\r\n") || handle != h.Sender.Handle(n) {
		t.Errorf("Handle = %q; want the same non-empty text each time, without tabs and line breaks", handle)
	}
	if handle == h.Sender.Handle(notification(t, h, 71)) {
		t.Error("two notifications have one handle")
	}
}

// handleNames checks the message ids of a sender that knows them in advance.
func handleNames(t *testing.T, h SenderHarness) {
	namer, ok := h.Sender.(ports.MessageNamer)
	if !ok {
		return
	}
	n := notification(t, h, 80)
	handle := h.Sender.Handle(n)
	accepted, err := h.Sender.Send(t.Context(), n)
	if id := namer.MessageID(handle); err != nil || id == "" || id != accepted.ProviderID {
		t.Errorf("the handle names %q, accepted as %q (%v)", id, accepted.ProviderID, err)
	}
	if renamed, ok := h.Renamed.(ports.MessageNamer); ok && renamed.MessageID(handle) != accepted.ProviderID {
		t.Errorf("with another brand, address or domain it names %q", renamed.MessageID(handle))
	}
	if id := namer.MessageID("other:v1:" + handle); id != "" {
		t.Errorf("a handle of another provider names %q", id)
	}
}
