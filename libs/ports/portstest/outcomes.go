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
)

// OutcomesHarness is one empty store of outcomes under the suite's control.
type OutcomesHarness struct {
	Outcomes ports.Outcomes
	// Stored returns everything that is durable, in any order.
	Stored func() []StoredOutcome
	// Break makes the store refuse writes for now, Mend ends that.
	Break, Mend func()
}

// StoredOutcome is an outcome as a reader finds it.
type StoredOutcome struct {
	ID string
	// Key keeps the outcomes of one appointment together in the store.
	Key           string
	AppointmentID string
	Channel       domain.Channel
	Outcome       domain.Outcome
	Origin        ports.Origin
	// Text is everything that is stored of the outcome.
	Text string
}

// TestOutcomes runs the contract of ports.Outcomes as sub-tests. newHarness is
// called once for each, so that they share nothing.
func TestOutcomes(t *testing.T, newHarness func(t *testing.T) OutcomesHarness) {
	for name, test := range map[string]func(*testing.T, OutcomesHarness){
		"what became of an event is told":             outcomesAreTold,
		"one fact has one id, another has its own":    outcomesHaveIDs,
		"what cannot be decoded has the record's key": undecodableHasItsKey,
		"no recipient and no text is in it":           outcomesAreDiscreet,
		"concurrent callers all succeed":              outcomesAreConcurrent,
		"nothing is reported before it is durable":    outcomesWait,
		"a caller that gives up gets an error":        outcomesGiveUp,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newHarness(t))
		})
	}
}

// recipient is in the value of every record of the suite.
const recipient = "mara.lind@patients.example"

// conclusionOf returns the outcome of the record at an offset.
func conclusionOf(offset int64, o domain.Outcome) ports.Conclusion {
	revision := int64(3)
	return ports.Conclusion{
		Record: &ports.Record{
			Topic: "appointments.created", Offset: offset, Timestamp: time.UnixMilli(1_930_000_000_000 + offset).UTC(),
			Key: fmt.Appendf(nil, "key-%d", offset), Value: []byte(recipient),
			Headers: []ports.Header{{Key: "to", Value: []byte(recipient)}},
		},
		Event:   &domain.Event{AppointmentID: fmt.Sprintf("A-%d", offset), Revision: &revision, Status: domain.AppointmentConfirmed},
		Channel: domain.Email, Outcome: o, At: time.UnixMilli(1_930_000_500_000).UTC(),
	}
}

func refused() domain.Outcome {
	return domain.DeadLettered(&domain.Failure{Class: domain.ClassRecipientRejected, Code: "fake.400", Detail: recipient + " is none"})
}

func tell(t *testing.T, h OutcomesHarness, c ports.Conclusion) {
	t.Helper()
	if err := h.Outcomes.Tell(t.Context(), c); err != nil {
		t.Fatalf("Tell: %v", err)
	}
}

func outcomesAreTold(t *testing.T, h OutcomesHarness) {
	want := []domain.Outcome{domain.Sent("provider-id"), domain.Skipped(domain.SkipAppointmentPast), refused()}
	for i, o := range want {
		tell(t, h, conclusionOf(int64(i), o))
	}
	stored := map[int64]StoredOutcome{}
	for _, s := range h.Stored() {
		stored[s.Origin.Offset] = s
	}
	for i, o := range want {
		c, s := conclusionOf(int64(i), o), stored[int64(i)]
		if s.Key != c.Event.AppointmentID || s.AppointmentID != s.Key || s.Channel != domain.Email || !s.Origin.Equal(c.Record.Origin()) {
			t.Errorf("of %s is told %+v", c.Event.AppointmentID, s)
		}
		g := s.Outcome
		if g.Status != o.Status || g.Reason != o.Reason || g.ProviderID != o.ProviderID || (g.Failure == nil) != (o.Failure == nil) ||
			o.Failure != nil && (g.Failure.Class != o.Failure.Class || g.Failure.Code != o.Failure.Code) {
			t.Errorf("the outcome is %+v, want %+v", g, o)
		}
	}
}

func outcomesHaveIDs(t *testing.T, h OutcomesHarness) {
	repeat := conclusionOf(1, domain.Sent("id"))
	repeat.Outcome.ProviderID, repeat.Outcome.Attempts, repeat.At = "", 0, repeat.At.Add(time.Hour)
	sms, replayed := conclusionOf(1, domain.Sent("id")), conclusionOf(1, domain.Sent("id"))
	sms.Channel = domain.SMS
	origin := replayed.Record.Origin()
	replayed.Record.Topic, replayed.Record.Offset = "replays", 99
	replayed.Record.Replay = &ports.Replay{DeadLetterID: "d", Job: "job", Count: 1, Origin: origin}
	recreated := conclusionOf(1, domain.Sent("id"))
	recreated.Record.Timestamp = recreated.Record.Timestamp.Add(time.Hour)
	different := []ports.Conclusion{conclusionOf(1, domain.Sent("id")), sms, replayed, recreated, conclusionOf(2, domain.Sent("id")), conclusionOf(1, refused())}
	for _, c := range append(different, repeat) {
		tell(t, h, c)
	}
	ids := map[string]int{}
	for _, s := range h.Stored() {
		ids[s.ID]++
	}
	if len(ids) != len(different) || ids[""] > 0 {
		t.Errorf("ids and how often: %v; want %d, one of them twice", ids, len(different))
	}
}

func undecodableHasItsKey(t *testing.T, h OutcomesHarness) {
	c := conclusionOf(1, domain.DeadLettered(&domain.Failure{Class: domain.ClassInvalidEvent, Code: "event.json"}))
	c.Event = nil
	tell(t, h, c)
	if s := h.Stored()[0]; s.Key != string(c.Record.Key) || s.AppointmentID != "" {
		t.Errorf("key %q, appointment %q", s.Key, s.AppointmentID)
	}
}

func outcomesAreDiscreet(t *testing.T, h OutcomesHarness) {
	for _, o := range []domain.Outcome{domain.Sent("id"), refused()} {
		tell(t, h, conclusionOf(1, o))
	}
	for _, s := range h.Stored() {
		if text := s.Key + s.Text; len(s.Text) == 0 || strings.Contains(text, recipient) {
			t.Errorf("it holds the recipient, or nothing at all: %q", text)
		}
	}
}

func outcomesAreConcurrent(t *testing.T, h OutcomesHarness) {
	const callers = 64
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			if err := h.Outcomes.Tell(t.Context(), conclusionOf(int64(i), domain.Sent("id"))); err != nil {
				t.Errorf("caller %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	ids := map[string]bool{}
	for _, s := range h.Stored() {
		ids[s.ID] = true
	}
	if len(ids) != callers {
		t.Errorf("%d of %d outcomes are stored", len(ids), callers)
	}
}

func outcomesWait(t *testing.T, h OutcomesHarness) {
	h.Break()
	told := make(chan error, 1)
	go func() { told <- h.Outcomes.Tell(t.Context(), conclusionOf(1, domain.Sent("id"))) }()
	select {
	case err := <-told:
		t.Fatalf("Tell returned %v although the store takes nothing", err)
	case <-time.After(300 * time.Millisecond):
	}
	h.Mend()
	if err := <-told; err != nil || len(h.Stored()) == 0 {
		t.Errorf("Tell: %v, %d stored", err, len(h.Stored()))
	}
}

func outcomesGiveUp(t *testing.T, h OutcomesHarness) {
	h.Break()
	defer h.Mend()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := h.Outcomes.Tell(ctx, conclusionOf(1, domain.Sent("id"))); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Tell: %v, want that its context is over", err)
	}
}
