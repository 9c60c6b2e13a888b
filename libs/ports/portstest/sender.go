package portstest

import (
	"context"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

// SenderHarness is one provider under the suite's control and a sender on it.
type SenderHarness struct {
	Channel domain.Channel
	// Address returns the channel's address of the ith recipient: one of
	// .example, or a fictional number.
	Address func(i int) string
	Sender  ports.Sender
	// Renamed is a second sender on the same account, whose brand, sending
	// address and, where the provider has one, domain differ.
	Renamed ports.Sender
	// Fail makes the next request end with a fault.
	Fail func(fake.Fault)
	// Accepted returns the recipients of all accepted messages, in order.
	Accepted func() []string
	// Ways is how many ways a look-up has to ask, each of which makes a request of its
	// own if the one before it brings no answer; 0 means one.
	Ways int
	// Requests counts the requests that arrived, look-ups included.
	Requests func() int
	// LookBack is how long the provider is sure to keep accepted messages.
	LookBack time.Duration
	// Secrets are texts that errors must not contain, in addition to the recipient.
	Secrets []string
}

// TestSender runs the contract of ports.Sender as sub-tests. newHarness is
// called once for each, so that they share nothing.
func TestSender(t *testing.T, newHarness func(t *testing.T) SenderHarness) {
	for name, test := range map[string]func(*testing.T, SenderHarness){
		"a success names the provider's id":                            successNamesID,
		"each fault has its class and one request":                     faultsHaveClasses,
		"an accepted message whose answer is lost is unknown":          lostAnswersAreUnknown,
		"a context that is over before the call sends nothing":         overBeforeTheCall,
		"nothing is sent after a deadline that no timer has noticed":   lateWithoutTimer,
		"a deadline in the middle of a call is unknown and prompt":     deadlineMidCall,
		"a cancelled call is unknown and prompt":                       cancelledMidCall,
		"concurrent calls are told apart":                              concurrentCalls,
		"a look-up finds what was accepted and nothing else":           lookUpFinds,
		"a look-up without an answer is transient, a refused one ends": lookUpFaults,
		"not found proves nothing of a time that is not kept":          lookBackEnds,
		"a handle survives another brand, address and domain":          handleSurvives,
		"a handle fits into one field of a line":                       handleIsOneField,
		"a message has the name that its handle tells":                 handleNames,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newHarness(t))
		})
	}
}

// patience is how long a call that should be prompt may take on a busy machine.
const patience = 10 * time.Second

func successNamesID(t *testing.T, h SenderHarness) {
	n := notification(t, h, 1)
	accepted, err := h.Sender.Send(t.Context(), n)
	if err != nil || accepted.ProviderID == "" {
		t.Fatalf("Send = %+v, %v; want one with an id", accepted, err)
	}
	wantAccepted(t, h, n.Recipient)
}

func faultsHaveClasses(t *testing.T, h SenderHarness) {
	for _, c := range []struct {
		fault fake.Fault
		want  domain.Class
	}{
		{fake.Fault{Kind: fake.BadRecipient}, domain.ClassRecipientRejected},
		{fake.Fault{Kind: fake.BadMessage}, domain.ClassMessageRejected},
		{fake.Fault{Kind: fake.UnknownRefusal}, domain.ClassMessageRejected},
		{fake.Fault{Kind: fake.BadConfiguration}, domain.ClassConfiguration},
		{fake.Fault{Kind: fake.AmbiguousRefusal}, domain.ClassConfiguration},
		{fake.Fault{Kind: fake.RateLimited, RetryAfter: 40 * time.Second}, domain.ClassTransient},
		{fake.Fault{Kind: fake.Refused}, domain.ClassTransient},
		{fake.Fault{Kind: fake.ServerError}, domain.ClassUnknownOutcome},
		{fake.Fault{Kind: fake.Redirect}, domain.ClassUnknownOutcome},
		{fake.Fault{Kind: fake.Truncated}, domain.ClassUnknownOutcome},
		{fake.Fault{Kind: fake.Unrecognized}, domain.ClassUnknownOutcome},
		{fake.Fault{Kind: fake.Reset}, domain.ClassUnknownOutcome},
	} {
		n, before := notification(t, h, 2), h.Requests()
		h.Fail(c.fault)
		_, err := h.Sender.Send(t.Context(), n)
		f := wantFailure(t, h, n, err, c.want)
		refused := c.fault.Kind == fake.Refused
		if f.Unreachable != refused || f.Unrecognized != (c.fault.Kind == fake.UnknownRefusal) {
			t.Errorf("%s: Unreachable = %v, Unrecognized = %v", c.fault.Kind, f.Unreachable, f.Unrecognized)
		}
		if f.Late || f.Ambiguous != (c.fault.Kind == fake.AmbiguousRefusal) {
			t.Errorf("%s: Late = %v, Ambiguous = %v", c.fault.Kind, f.Late, f.Ambiguous)
		}
		if made := h.Requests() - before; made > 1 || made == 0 && !refused {
			t.Errorf("%s: %d requests arrived", c.fault.Kind, made)
		}
		if d := c.fault.RetryAfter; f.RetryAfter < d-2*time.Second || f.RetryAfter > d+2*time.Second {
			t.Errorf("%s: RetryAfter = %s, want about %s", c.fault.Kind, f.RetryAfter, d)
		}
	}
	wantAccepted(t, h)
	successNamesIDAfterFaults(t, h)
}

// successNamesIDAfterFaults shows that no fault has left the sender broken.
func successNamesIDAfterFaults(t *testing.T, h SenderHarness) {
	n := notification(t, h, 3)
	if _, err := h.Sender.Send(t.Context(), n); err != nil {
		t.Fatalf("after the faults: %v", err)
	}
	wantAccepted(t, h, n.Recipient)
}

func lostAnswersAreUnknown(t *testing.T, h SenderHarness) {
	var want []string
	for i, kind := range []fake.Kind{fake.Reset, fake.Truncated, fake.Unrecognized, fake.ServerError} {
		n := notification(t, h, 10+i)
		h.Fail(fake.Fault{Kind: kind, Accepted: true})
		_, err := h.Sender.Send(t.Context(), n)
		wantClass(t, h, n, err, domain.ClassUnknownOutcome)
		wantFound(t, h.Sender, n, h.Sender.Handle(n))
		want = append(want, n.Recipient)
	}
	wantAccepted(t, h, want...)
}

func overBeforeTheCall(t *testing.T, h SenderHarness) {
	n := notification(t, h, 20)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := h.Sender.Send(cancelled, n)
	if f := wantFailure(t, h, n, err, domain.ClassTransient); f.Unreachable || f.Late || f.Code != "canceled" {
		t.Errorf("a cancelled call: %+v; it says nothing about the provider", f)
	}
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	_, err = h.Sender.Send(late, n)
	if f := wantFailure(t, h, n, err, domain.ClassTransient); !f.Late || f.Unreachable {
		t.Errorf("a call after its deadline: %+v; want Late", f)
	}
	if h.Requests() != 0 {
		t.Errorf("%d requests arrived, want none", h.Requests())
	}
}

// lateTimer is a context whose deadline has passed but whose timer has not fired, as
// for a goroutine that runs before the timers do after the process was stopped.
type lateTimer struct {
	context.Context
	deadline time.Time
}

// Deadline implements context.Context.
func (c lateTimer) Deadline() (time.Time, bool) { return c.deadline, true }

func lateWithoutTimer(t *testing.T, h SenderHarness) {
	n := notification(t, h, 21)
	_, err := h.Sender.Send(lateTimer{t.Context(), time.Now().Add(-time.Millisecond)}, n)
	if f := wantFailure(t, h, n, err, domain.ClassTransient); !f.Late || h.Requests() != 0 {
		t.Errorf("%+v after %d requests; want Late and none", f, h.Requests())
	}
}

func deadlineMidCall(t *testing.T, h SenderHarness) {
	n := notification(t, h, 30)
	h.Fail(fake.Fault{Kind: fake.Hang, Accepted: true})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	begin := time.Now()
	_, err := h.Sender.Send(ctx, n)
	wantClass(t, h, n, err, domain.ClassUnknownOutcome)
	if took := time.Since(begin); took > patience {
		t.Errorf("the call took %s", took)
	}
}

func cancelledMidCall(t *testing.T, h SenderHarness) {
	n := notification(t, h, 31)
	h.Fail(fake.Fault{Kind: fake.Hang})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	go func() {
		until(t, func() bool { return h.Requests() == 1 })
		cancel()
	}()
	_, err := h.Sender.Send(ctx, n)
	wantClass(t, h, n, err, domain.ClassUnknownOutcome)
	if ctx.Err() != context.Canceled {
		t.Error("the call did not end when it was cancelled")
	}
}
