package portstest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// DeadLettersHarness is one empty store under the suite's control.
type DeadLettersHarness struct {
	DeadLetters ports.DeadLetters
	// Stored returns everything that is durable, in any order.
	Stored func() []StoredDeadLetter
	// Break makes the store refuse writes for now, Mend ends that. Nil if the store
	// cannot do that: its tests are then left out.
	Break, Mend func()
}

// StoredDeadLetter is a dead letter as a reader finds it.
type StoredDeadLetter struct {
	ID    string
	Count int
	// DeadLetter has the record's key, value and own headers, its origin as topic,
	// partition, offset and timestamp, and the failure.
	DeadLetter ports.DeadLetter
}

// TestDeadLetters runs the contract of ports.DeadLetters as sub-tests.
// newHarness is called once for each, so that they share nothing.
func TestDeadLetters(t *testing.T, newHarness func(t *testing.T) DeadLettersHarness) {
	statements := map[string]func(*testing.T, DeadLettersHarness){
		"key, value and headers are kept verbatim":            deadLettersAreVerbatim,
		"the same record twice has one id, another has its":   deadLettersHaveIDs,
		"a replay that fails again keeps id, origin and date": replaysKeepTheirID,
		"concurrent callers all succeed":                      deadLettersAreConcurrent,
	}
	if newHarness(t).Break != nil {
		statements["nothing is reported before it is durable"] = deadLettersWait
		statements["a caller that gives up gets an error"] = deadLettersGiveUp
	}
	for name, test := range statements {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newHarness(t))
		})
	}
}

// deadLetter returns a dead letter that differs for each offset.
func deadLetter(offset int64) ports.DeadLetter {
	failed := time.UnixMilli(1_930_000_100_000).UTC()
	return ports.DeadLetter{
		Record: &ports.Record{
			Topic: "appointments.created", Partition: 0, Offset: offset, Timestamp: time.UnixMilli(1_930_000_000_000 + offset),
			Key: fmt.Appendf(nil, "A-%d", offset), Value: []byte("{not \x00 JSON \xff"),
			Headers: []ports.Header{
				{Key: "traceparent", Value: []byte("00-1-2-01")},
				{Key: "twice", Value: []byte("a")},
				{Key: "twice", Value: nil},
				{Key: "dlq-version", Value: []byte("a producer's own")},
			},
		},
		Channel:  domain.Email,
		Failure:  &domain.Failure{Class: domain.ClassRecipientRejected, Code: "fake.400", Detail: "the address is none"},
		Attempts: 3, FirstFailedAt: failed.Add(-time.Minute), FailedAt: failed,
	}
}

func publish(t *testing.T, h DeadLettersHarness, d ports.DeadLetter) {
	t.Helper()
	if err := h.DeadLetters.Publish(t.Context(), d); err != nil {
		t.Fatalf("Publish: %v", err)
	}
}

func deadLettersAreVerbatim(t *testing.T, h DeadLettersHarness) {
	want := deadLetter(7)
	publish(t, h, want)
	tombstone := deadLetter(8)
	tombstone.Record.Key, tombstone.Record.Value, tombstone.Record.Headers = nil, nil, nil
	publish(t, h, tombstone)
	stored := h.Stored()
	if len(stored) != 2 {
		t.Fatalf("%d dead letters are stored, want 2", len(stored))
	}
	slices.SortFunc(stored, func(a, b StoredDeadLetter) int {
		return int(a.DeadLetter.Record.Offset - b.DeadLetter.Record.Offset)
	})
	wantDeadLetter(t, stored[0].DeadLetter, want)
	wantDeadLetter(t, stored[1].DeadLetter, tombstone)
}

func wantDeadLetter(t *testing.T, got, want ports.DeadLetter) {
	t.Helper()
	g, w := got.Record, want.Record
	if !bytes.Equal(g.Key, w.Key) || (g.Key == nil) != (w.Key == nil) || !bytes.Equal(g.Value, w.Value) || (g.Value == nil) != (w.Value == nil) {
		t.Errorf("key %q, value %q; want %q, %q", g.Key, g.Value, w.Key, w.Value)
	}
	same := func(a, b ports.Header) bool { return a.Key == b.Key && bytes.Equal(a.Value, b.Value) }
	if !slices.EqualFunc(g.Headers, w.Headers, same) {
		t.Errorf("headers %q, want %q", g.Headers, w.Headers)
	}
	origin := w.Origin()
	if g.Topic != origin.Topic || g.Partition != origin.Partition || g.Offset != origin.Offset || !g.Timestamp.Equal(origin.Timestamp) {
		t.Errorf("it comes from %+v, want %+v", g.Origin(), origin)
	}
	if got.Channel != want.Channel || got.Attempts != want.Attempts || !got.FirstFailedAt.Equal(want.FirstFailedAt) || !got.FailedAt.Equal(want.FailedAt) {
		t.Errorf("it says %+v, want %+v", got, want)
	}
	if f := got.Failure; f.Class != want.Failure.Class || f.Code != want.Failure.Code || f.Detail != want.Failure.Detail {
		t.Errorf("its failure is %+v, want %+v", f, want.Failure)
	}
}

func deadLettersHaveIDs(t *testing.T, h DeadLettersHarness) {
	for _, offset := range []int64{1, 1, 2} {
		publish(t, h, deadLetter(offset))
	}
	sms := deadLetter(1)
	sms.Channel = domain.SMS
	publish(t, h, sms)
	ids := map[string]int{}
	for _, s := range h.Stored() {
		ids[s.ID]++
	}
	if len(ids) != 3 || ids[""] > 0 {
		t.Errorf("ids and how often: %v; want three, one of them twice", ids)
	}
}

func replaysKeepTheirID(t *testing.T, h DeadLettersHarness) {
	first := deadLetter(5)
	publish(t, h, first)
	id := h.Stored()[0].ID
	again := deadLetter(5)
	again.Record.Topic, again.Record.Offset, again.Record.Timestamp = "replay", 99, time.UnixMilli(1_930_000_300_000)
	again.Record.Replay = &ports.Replay{
		DeadLetterID: id, Job: "job", Count: 1, Class: "recipient_rejected",
		Origin: first.Record.Origin(), FirstFailedAt: first.FirstFailedAt,
	}
	again.FirstFailedAt, again.FailedAt = again.FailedAt.Add(time.Hour), again.FailedAt.Add(time.Hour)
	publish(t, h, again)
	for _, s := range h.Stored() {
		want := first
		if s.ID != id {
			t.Errorf("an id is %s, want %s", s.ID, id)
		}
		if s.Count == 1 {
			want = again
			want.FirstFailedAt = first.FirstFailedAt
		}
		wantDeadLetter(t, s.DeadLetter, want)
	}
}

func deadLettersAreConcurrent(t *testing.T, h DeadLettersHarness) {
	const callers = 64
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			if err := h.DeadLetters.Publish(t.Context(), deadLetter(int64(i))); err != nil {
				t.Errorf("caller %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	offsets := map[int64]bool{}
	for _, s := range h.Stored() {
		offsets[s.DeadLetter.Record.Offset] = true
	}
	if len(offsets) != callers {
		t.Errorf("%d of %d dead letters are stored", len(offsets), callers)
	}
}

func deadLettersWait(t *testing.T, h DeadLettersHarness) {
	h.Break()
	published := make(chan error, 1)
	go func() { published <- h.DeadLetters.Publish(t.Context(), deadLetter(1)) }()
	select {
	case err := <-published:
		t.Fatalf("Publish returned %v although the store takes nothing", err)
	case <-time.After(300 * time.Millisecond):
	}
	h.Mend()
	if err := <-published; err != nil || len(h.Stored()) == 0 {
		t.Errorf("Publish: %v, %d stored", err, len(h.Stored()))
	}
}

func deadLettersGiveUp(t *testing.T, h DeadLettersHarness) {
	h.Break()
	defer h.Mend()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := h.DeadLetters.Publish(ctx, deadLetter(1)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Publish: %v, want that its context is over", err)
	}
}
