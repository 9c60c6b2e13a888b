package portstest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// told is the result of one Read.
type told struct {
	receipts   []ports.Receipt
	unreadable int
}

// of returns the highest-ranking receipt of one message.
func (r told) of(id string) (best ports.Receipt) {
	for _, got := range r.receipts {
		if got.ProviderID == id && got.Kind.Rank() > best.Kind.Rank() {
			best = got
		}
	}
	return best
}

// ago returns a time of whole seconds, the precision that all providers have.
func ago(d time.Duration) time.Time { return time.Now().Add(-d).UTC().Truncate(time.Second) }

// same compares receipts; a provider may know whole seconds only.
func same(got, want ports.Receipt) bool {
	off := got.At.Sub(want.At).Abs()
	got.At = want.At
	return got == want && off <= time.Second
}

// ask asks about a message of an hour ago and wants an answer.
func (h ReceiptsHarness) ask(t *testing.T, id string) ports.Receipt {
	t.Helper()
	r, err := h.Source.Ask(t.Context(), ports.SentMessage{ProviderID: id, SentAt: ago(2 * time.Hour)})
	if err != nil {
		t.Fatalf("Ask: %v", err)
	}
	return r
}

// read reads the span of a length that begins at from, to its end.
func (h ReceiptsHarness) read(t *testing.T, from time.Time, length time.Duration) (r told) {
	t.Helper()
	unreadable, err := h.Source.Read(t.Context(), ports.Span{From: from, To: from.Add(length)}, func(got ports.Receipt) {
		r.receipts = append(r.receipts, got)
	})
	if err != nil {
		t.Fatalf("Read: %v", err)
	}
	r.unreadable = unreadable
	return r
}

// delivered makes the provider deliver a message at once.
func (h ReceiptsHarness) delivered(at time.Time) string {
	id := h.Accept(at)
	h.Tell(ports.Receipt{ProviderID: id, Kind: domain.ReceiptDelivered, At: at})
	return id
}

func spanBounds(t *testing.T, h ReceiptsHarness) {
	at := ago(10 * time.Minute)
	id := h.delivered(at)
	for _, c := range []struct {
		from, length time.Duration
		want         domain.ReceiptKind
	}{
		{0, time.Second, domain.ReceiptDelivered},
		{-time.Hour, 2 * time.Hour, domain.ReceiptDelivered},
		{-time.Minute, time.Minute, ""},
		{time.Second, time.Minute, ""},
	} {
		if got := h.read(t, at.Add(c.from), c.length).of(id).Kind; got != c.want {
			t.Errorf("a span of %s from %s: %q, want %q", c.length, c.from, got, c.want)
		}
	}
}

func spanBasis(t *testing.T, h ReceiptsHarness) {
	left := ago(time.Hour)
	id := h.Accept(left)
	h.Tell(ports.Receipt{ProviderID: id, Kind: domain.ReceiptDelivered, At: left.Add(20 * time.Minute)})
	sends := h.Source.Bounds().Basis == ports.SpanOfSends
	if got := h.read(t, left, time.Minute).of(id).Kind != ""; got != sends {
		t.Errorf("the span of its sending tells it: %t, want %t", got, sends)
	}
	if got := h.read(t, left.Add(20*time.Minute), time.Minute).of(id).Kind != ""; got == sends {
		t.Errorf("the span of its delivery tells it: %t, want %t", got, !sends)
	}
}

func emptySpan(t *testing.T, h ReceiptsHarness) {
	at := ago(10 * time.Minute)
	_ = h.delivered(at)
	for _, length := range []time.Duration{0, -time.Minute} {
		if got := h.read(t, at, length); len(got.receipts) > 0 || h.Requests() > 0 {
			t.Errorf("a span of %s: %+v after %d requests", length, got, h.Requests())
		}
	}
}

func equalInstants(t *testing.T, h ReceiptsHarness) {
	const messages = 250 // more than two pages of any provider's
	at := ago(10 * time.Minute)
	var want []string
	for range messages {
		want = append(want, h.delivered(at))
	}
	got := h.read(t, at, time.Second)
	for _, id := range want {
		if got.of(id).Kind != domain.ReceiptDelivered {
			t.Fatalf("%s of %d is not told", id, messages)
		}
	}
}

func lateInsertion(t *testing.T, h ReceiptsHarness) {
	at := ago(10 * time.Minute)
	for i := range 150 {
		_ = h.delivered(at.Add(time.Duration(i) * time.Second))
	}
	inserted, once := "", false
	span := ports.Span{From: at, To: at.Add(5 * time.Minute)}
	_, err := h.Source.Read(t.Context(), span, func(ports.Receipt) {
		if !once {
			inserted, once = h.delivered(at.Add(time.Second)), true
		}
	})
	if err != nil || !once {
		t.Fatalf("Read: %v", err)
	}
	if got := h.read(t, span.From, 5*time.Minute).of(inserted); got.Kind != domain.ReceiptDelivered {
		t.Errorf("read again: %+v", got)
	}
}

func nullsAndUnknown(t *testing.T, h ReceiptsHarness) {
	at := ago(10 * time.Minute)
	before, spoilt := h.delivered(at), h.Accept(at)
	h.Spoil(spoilt, at)
	after := h.delivered(at.Add(time.Second))
	got := h.read(t, at, time.Minute)
	if got.unreadable != 1 || got.of(before).Kind == "" || got.of(after).Kind == "" || got.of(spoilt).Kind != "" {
		t.Errorf("Read tells %+v", got)
	}
	r, err := h.Source.Ask(t.Context(), ports.SentMessage{ProviderID: spoilt, SentAt: at})
	if r.Kind != "" {
		t.Errorf("Ask = %+v", r)
	}
	if err != nil {
		_ = h.wantClass(t, err, domain.ClassTransient)
	}
}

func pagesWithoutEnd(t *testing.T, h ReceiptsHarness) {
	at := ago(10 * time.Minute)
	id := h.delivered(at)
	h.Loop()
	var got told
	_, err := h.Source.Read(t.Context(), ports.Span{From: at, To: at.Add(time.Minute)}, func(r ports.Receipt) { got.receipts = append(got.receipts, r) })
	_ = h.wantClass(t, err, domain.ClassTransient)
	if got.of(id).Kind == "" || h.Requests() > 20 {
		t.Errorf("told %+v after %d requests", got, h.Requests())
	}
}

func spanExpires(t *testing.T, h ReceiptsHarness) {
	keeps := h.Source.Bounds().Keeps
	old := ago(keeps + 2*time.Hour)
	_, err := h.Source.Read(t.Context(), ports.Span{From: old, To: time.Now()}, func(ports.Receipt) {})
	if !errors.Is(err, ports.ErrSpanExpired) {
		t.Errorf("Read of a span from %s ago: %v", time.Since(old), err)
	}
	recent := h.delivered(ago(10 * time.Minute))
	if got := h.read(t, time.Now().Add(-keeps), keeps).of(recent); got.Kind == "" {
		t.Error("what is left of it is not told")
	}
	if _, err := h.Source.Ask(t.Context(), ports.SentMessage{ProviderID: h.Accept(old), SentAt: old}); err != nil {
		t.Errorf("Ask about an old message: %v", err)
	}
}

// known reports whether the receipts of all messages in want were read.
func (r told) known(want []string) bool {
	return !slices.ContainsFunc(want, func(id string) bool { return r.of(id).Kind == "" })
}
