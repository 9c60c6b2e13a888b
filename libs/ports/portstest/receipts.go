package portstest

import (
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

// ReceiptsHarness is one provider under the suite's control and a source on it.
type ReceiptsHarness struct {
	Source ports.ReceiptSource
	// Accept makes the provider accept a message that leaves it at a time, and returns
	// its id; zero means that the message waits or never leaves.
	Accept func(left time.Time) string
	// Tell makes the provider know a receipt of an accepted message. If a message has
	// only one status, it replaces the earlier one.
	Tell func(ports.Receipt)
	// Bare is Tell with every optional member null.
	Bare func(ports.Receipt)
	// Interim makes the provider know a status that is not final: a temporary failure,
	// or that the message was sent. If a message has only one status, it replaces the
	// earlier one.
	Interim func(id string, at time.Time)
	// Spoil adds a row that cannot be understood.
	Spoil func(id string, at time.Time)
	// Loop makes pages name themselves as the next one.
	Loop func()
	// Reasons are words for messages that were not delivered and their codes, as
	// the provider can tell them through Tell.
	Reasons map[string]string
	// Complaints is set if the provider reports complaints.
	Complaints bool
	// Fail makes the next request end with a fault.
	Fail func(fake.Fault)
	// Ways is how many ways there are to ask, each of which makes a request of its own
	// if the one before it brings no answer; 0 means one.
	Ways int
	// Requests counts the requests that arrived, Sends those that ask the provider
	// to send.
	Requests, Sends func() int
	// Secrets are texts that errors must not contain.
	Secrets []string
}

// TestReceiptSource runs the contract of ports.ReceiptSource as sub-tests.
// newHarness is called once for each, so that they share nothing.
func TestReceiptSource(t *testing.T, newHarness func(t *testing.T) ReceiptsHarness) {
	for name, test := range map[string]func(*testing.T, ReceiptsHarness){
		"the bounds make sense":                                       boundsMakeSense,
		"what became of a message is told":                            receiptsAreTold,
		"nothing final is told of what waits or is not known":         nothingFinal,
		"a late bounce stands above the delivery":                     lateBounce,
		"what falls back is no error":                                 fallsBack,
		"a span holds its begin and not its end":                      spanBounds,
		"a span selects as its basis says":                            spanBasis,
		"a span of no time is read without a request":                 emptySpan,
		"many receipts of one instant are all told":                   equalInstants,
		"what is inserted into a page already read is told next time": lateInsertion,
		"null fields and unknown rows hide no other row":              nullsAndUnknown,
		"pages that do not end are given up":                          pagesWithoutEnd,
		"a span that is not kept any more has expired":                spanExpires,
		"each fault has its class, and asking again helps":            receiptFaults,
		"a failure in the middle keeps what was told":                 failsInTheMiddle,
		"a call that is over is prompt":                               receiptsAreOver,
		"concurrent calls are told apart":                             concurrentReceipts,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			test(t, h)
			if n := h.Sends(); n != 0 {
				t.Errorf("%d messages were sent", n)
			}
		})
	}
}

func boundsMakeSense(t *testing.T, h ReceiptsHarness) {
	b := h.Source.Bounds()
	if b.Basis != ports.SpanOfEvents && b.Basis != ports.SpanOfSends {
		t.Errorf("the basis is %q", b.Basis)
	}
	if b.Keeps <= 0 || b.Settled < 0 || b.Settled >= b.Keeps || b.Bulk < 0 || b != h.Source.Bounds() {
		t.Errorf("the bounds are %+v", b)
	}
}

// kinds returns all receipts that the provider can report.
func (h ReceiptsHarness) kinds() []ports.Receipt {
	all := []ports.Receipt{{Kind: domain.ReceiptDelivered}}
	for reason, code := range h.Reasons {
		all = append(all, ports.Receipt{Kind: domain.ReceiptUndelivered, Reason: reason, Code: code})
	}
	if h.Complaints {
		all = append(all, ports.Receipt{Kind: domain.ReceiptComplained})
	}
	return all
}

func receiptsAreTold(t *testing.T, h ReceiptsHarness) {
	at := ago(10 * time.Minute)
	for _, tell := range []func(ports.Receipt){h.Tell, h.Bare} {
		for _, want := range h.kinds() {
			want.ProviderID, want.At = h.Accept(at), at
			tell(want)
			if got := h.ask(t, want.ProviderID); !same(got, want) {
				t.Errorf("Ask = %+v, want %+v", got, want)
			}
			if got := h.read(t, at, time.Minute).of(want.ProviderID); !same(got, want) {
				t.Errorf("Read tells %+v, want %+v", got, want)
			}
		}
	}
}

func nothingFinal(t *testing.T, h ReceiptsHarness) {
	at := ago(10 * time.Minute)
	interim := h.Accept(at)
	h.Interim(interim, at.Add(time.Second))
	for what, id := range map[string]string{
		"waits": h.Accept(time.Time{}), "is on its way": h.Accept(at), "failed for now": interim,
		"is not known": "0" + h.Accept(at), "is no id": "../x?y=z#", "is nothing": "",
	} {
		if got := h.ask(t, id); got.Kind != "" {
			t.Errorf("what %s: %+v", what, got)
		}
	}
	if told := h.read(t, at, time.Minute); len(told.receipts) > 0 || told.unreadable > 0 {
		t.Errorf("Read tells %+v", told)
	}
}

func lateBounce(t *testing.T, h ReceiptsHarness) {
	left, later := ago(2*time.Hour), ago(time.Hour)
	id := h.Accept(left)
	h.Tell(ports.Receipt{ProviderID: id, Kind: domain.ReceiptDelivered, At: left.Add(time.Second)})
	bounce := ports.Receipt{ProviderID: id, Kind: domain.ReceiptUndelivered, At: later}
	for bounce.Reason, bounce.Code = range h.Reasons {
		break
	}
	h.Tell(bounce)
	if got := h.ask(t, id); !same(got, bounce) {
		t.Errorf("Ask = %+v, want %+v", got, bounce)
	}
	if got := h.read(t, left, 2*time.Hour).of(id); !same(got, bounce) {
		t.Errorf("Read tells %+v, want %+v", got, bounce)
	}
}

func fallsBack(t *testing.T, h ReceiptsHarness) {
	at := ago(10 * time.Minute)
	id := h.Accept(at)
	delivered := ports.Receipt{ProviderID: id, Kind: domain.ReceiptDelivered, At: at}
	h.Tell(delivered)
	h.Interim(id, at.Add(time.Second))
	for _, got := range []ports.Receipt{h.ask(t, id), h.read(t, at, time.Minute).of(id)} {
		if got.Kind != "" && !same(got, delivered) {
			t.Errorf("told %+v, want the delivery or nothing", got)
		}
	}
}
