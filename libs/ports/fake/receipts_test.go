package fake_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/portstest"
)

func TestTheFakeKeepsTheContractOfAReceiptSource(t *testing.T) {
	for _, basis := range []ports.SpanBasis{ports.SpanOfEvents, ports.SpanOfSends} {
		t.Run(string(basis), func(t *testing.T) {
			portstest.TestReceiptSource(t, func(*testing.T) portstest.ReceiptsHarness { return receiptsHarness(basis) })
		})
	}
}

func receiptsHarness(basis ports.SpanBasis) portstest.ReceiptsHarness {
	s := &fake.Receipts{Limits: ports.ReceiptBounds{Basis: basis}}
	accepted := 0
	return portstest.ReceiptsHarness{
		Source: s,
		Accept: func(left time.Time) string {
			accepted++
			id := fmt.Sprintf("fake-%d-", accepted)
			s.Accept(id, left)
			return id
		},
		Tell: s.Tell, Bare: s.Tell, Spoil: s.Spoil, Fail: s.Fail,
		Interim: func(id string, _ time.Time) {
			if basis == ports.SpanOfSends {
				s.Forget(id)
			}
		},
		Loop:       func() { s.Loop(true) },
		Reasons:    map[string]string{"bounce": "fake.550"},
		Complaints: true,
		Requests:   func() int { return s.Load().Asks + s.Load().Reads },
		Sends:      func() int { return 0 },
	}
}

func TestAReceiptShowsOnlyAfterItsLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fake.Receipts{Lag: time.Minute}
		at := time.Now()
		s.Accept("m", at)
		s.Tell(ports.Receipt{ProviderID: "m", Kind: domain.ReceiptDelivered, At: at})
		for _, want := range []domain.ReceiptKind{"", domain.ReceiptDelivered} {
			if got, err := s.Ask(t.Context(), ports.SentMessage{ProviderID: "m", SentAt: at}); err != nil || got.Kind != want {
				t.Errorf("%s after it happened: %+v, %v; want %q", time.Since(at), got, err, want)
			}
			<-time.After(time.Minute)
		}
	})
}
