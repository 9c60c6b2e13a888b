package portstest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

// wantClass checks the class of err, and that no text in its chain contains a secret.
func (h ReceiptsHarness) wantClass(t *testing.T, err error, class domain.Class) *domain.Failure {
	t.Helper()
	var f *domain.Failure
	if !errors.As(err, &f) || f.Class != class || f.Code == "" {
		t.Fatalf("%v: want a *domain.Failure of class %s with a code", err, class)
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		for _, secret := range h.Secrets {
			if text := fmt.Sprintf("%v %+v", e, e); strings.Contains(text, secret) {
				t.Errorf("the error shows what it must not: %s", text)
			}
		}
	}
	return f
}

func receiptFaults(t *testing.T, h ReceiptsHarness) {
	at := ago(10 * time.Minute)
	id := h.delivered(at)
	calls := map[string]func(context.Context) error{
		"Ask": func(ctx context.Context) error {
			_, err := h.Source.Ask(ctx, ports.SentMessage{ProviderID: id, SentAt: at})
			return err
		},
		"Read": func(ctx context.Context) error {
			_, err := h.Source.Read(ctx, ports.Span{From: at, To: at.Add(time.Minute)}, func(ports.Receipt) {})
			return err
		},
	}
	for _, c := range []struct {
		fault fake.Fault
		want  domain.Class
	}{
		{fake.Fault{Kind: fake.Refused}, domain.ClassTransient},
		{fake.Fault{Kind: fake.Reset}, domain.ClassTransient},
		{fake.Fault{Kind: fake.Truncated}, domain.ClassTransient},
		{fake.Fault{Kind: fake.Unrecognized}, domain.ClassTransient},
		{fake.Fault{Kind: fake.Redirect}, domain.ClassTransient},
		{fake.Fault{Kind: fake.ServerError}, domain.ClassTransient},
		{fake.Fault{Kind: fake.RateLimited, RetryAfter: 40 * time.Second}, domain.ClassTransient},
		{fake.Fault{Kind: fake.BadConfiguration}, domain.ClassConfiguration},
	} {
		for name, call := range calls {
			for range max(h.Ways, 1) {
				h.Fail(c.fault)
			}
			f := h.wantClass(t, call(t.Context()), c.want)
			if d := c.fault.RetryAfter; f.RetryAfter < d-2*time.Second || f.RetryAfter > d+2*time.Second {
				t.Errorf("%s, %s: RetryAfter = %s, want about %s", name, c.fault.Kind, f.RetryAfter, d)
			}
		}
	}
	if got := h.ask(t, id); got.Kind != domain.ReceiptDelivered {
		t.Errorf("after the faults: %+v", got)
	}
}

// failsInTheMiddle breaks the connection between two pages.
func failsInTheMiddle(t *testing.T, h ReceiptsHarness) {
	const messages = 250
	at := ago(10 * time.Minute)
	var want []string
	for range messages {
		want = append(want, h.delivered(at))
	}
	var got told
	_, err := h.Source.Read(t.Context(), ports.Span{From: at, To: at.Add(time.Minute)}, func(r ports.Receipt) {
		if len(got.receipts) == 0 {
			for range max(h.Ways, 1) {
				h.Fail(fake.Fault{Kind: fake.ServerError})
			}
		}
		got.receipts = append(got.receipts, r)
	})
	_ = h.wantClass(t, err, domain.ClassTransient)
	if len(got.receipts) == 0 || got.known(want) {
		t.Errorf("%d receipts told before the failure", len(got.receipts))
	}
	if !h.read(t, at, time.Minute).known(want) {
		t.Error("read again, the span is not told whole")
	}
}

func receiptsAreOver(t *testing.T, h ReceiptsHarness) {
	id := h.delivered(ago(time.Minute))
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := h.Source.Ask(cancelled, ports.SentMessage{ProviderID: id, SentAt: ago(time.Minute)})
	_ = h.wantClass(t, err, domain.ClassTransient)
	if h.Requests() != 0 {
		t.Errorf("%d requests of a call that was over", h.Requests())
	}
	for range max(h.Ways, 1) {
		h.Fail(fake.Fault{Kind: fake.Hang})
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	begin := time.Now()
	_, err = h.Source.Read(ctx, ports.Span{From: ago(time.Hour), To: time.Now()}, func(ports.Receipt) {})
	_ = h.wantClass(t, err, domain.ClassTransient)
	if took := time.Since(begin); took > patience {
		t.Errorf("the call took %s", took)
	}
}

func concurrentReceipts(t *testing.T, h ReceiptsHarness) {
	at := ago(10 * time.Minute)
	var wg sync.WaitGroup
	for i, want := range append(h.kinds(), h.kinds()...) {
		want.ProviderID, want.At = h.Accept(at), at
		h.Tell(want)
		wg.Go(func() {
			if got, err := h.Source.Ask(t.Context(), ports.SentMessage{ProviderID: want.ProviderID, SentAt: at}); err != nil || !same(got, want) {
				t.Errorf("call %d: %+v, %v; want %+v", i, got, err, want)
			}
		})
	}
	wg.Wait()
}
