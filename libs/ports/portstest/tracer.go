package portstest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// TracerHarness is a tracer that shows everything, under the suite's control.
type TracerHarness struct {
	Tracer ports.Tracer
	// Shown returns the spans that have ended, in any order.
	Shown func() []ShownSpan
}

// ShownSpan is a span as a viewer of traces sees it.
type ShownSpan struct {
	Name       string
	ID, Parent ports.TraceID
	Links      []ports.TraceID
	Began      time.Time
	// Text is everything that is shown of the span.
	Text string
}

// TestTracer runs the contract of ports.Tracer as sub-tests. newHarness is called once
// for each, so that they share nothing.
func TestTracer(t *testing.T, newHarness func(t *testing.T) TracerHarness) {
	for name, test := range map[string]func(*testing.T, TracerHarness){
		"a record goes on with its producer's trace":          tracesGoOn,
		"a malformed context begins a trace of its own":       malformedIsNone,
		"steps belong to their record":                        stepsBelong,
		"a replay goes on with the replayer's, and is linked": replaysAreLinked,
		"no recipient and no text is shown":                   tracesAreDiscreet,
		"concurrent records do not mix":                       tracesAreApart,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newHarness(t))
		})
	}
}

// contextOf returns a well-formed context of a sampled span that differs for each n.
func contextOf(n int) ports.TraceContext {
	return ports.TraceContext{Parent: fmt.Sprintf("00-%032x-%016x-01", n+1, n+101), State: "vendor=1"}
}

func idOf(t *testing.T, c ports.TraceContext) ports.TraceID {
	t.Helper()
	id, ok := c.ID()
	if !ok {
		t.Fatalf("%q names no span", c.Parent)
	}
	return id
}

// tracedRecord returns a record with a recipient in every place that may hold one.
func tracedRecord(c ports.TraceContext) *ports.Record {
	return &ports.Record{
		Topic: "appointments.created", Partition: 2, Offset: 7, Timestamp: time.UnixMilli(1_930_000_000_000),
		Key: []byte(recipient), Value: []byte(`{"email":"` + recipient + `"}`),
		Headers: append([]ports.Header{{Key: "to", Value: []byte(recipient)}}, c.Headers()...),
	}
}

func sent() *domain.Outcome { return new(domain.Sent("provider-id")) }

// shown returns the one span of a name.
func shown(t *testing.T, h TracerHarness, name string) ShownSpan {
	t.Helper()
	var found []ShownSpan
	for _, s := range h.Shown() {
		if strings.HasPrefix(s.Name, name) {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d spans are called %s, want one; all: %+v", len(found), name, h.Shown())
	}
	return found[0]
}

func tracesGoOn(t *testing.T, h TracerHarness) {
	producer := contextOf(1)
	arrived := time.Now().Add(-time.Minute).Round(time.Millisecond)
	h.Tracer.Process(domain.Email, tracedRecord(producer), arrived).End("A-7", sent())
	process, queue, want := shown(t, h, "process"), shown(t, h, string(ports.StepQueue)), idOf(t, producer)
	if process.Parent.Span != want.Span || process.ID.Trace != want.Trace || !process.ID.Sampled() {
		t.Errorf("the record's span is %+v, want a child of %+v", process, want)
	}
	if !process.Began.Equal(arrived) || !queue.Began.Equal(arrived) || queue.Parent.Span != process.ID.Span {
		t.Errorf("the record's span began at %s, its wait at %s, want %s", process.Began, queue.Began, arrived)
	}
}

func malformedIsNone(t *testing.T, h TracerHarness) {
	broken := []ports.TraceContext{
		{},
		{Parent: "00-1-2-01"},
		{Parent: recipient, State: recipient},
		{Parent: strings.Replace(contextOf(1).Parent, "00-", "ff-", 1)},
		{Parent: "00-" + strings.Repeat("0", 32) + "-0000000000000001-01"},
	}
	for _, c := range broken {
		h.Tracer.Process(domain.Email, tracedRecord(c), time.Time{}).End("A-7", sent())
	}
	traces := map[[16]byte]bool{}
	for _, s := range h.Shown() {
		traces[s.ID.Trace] = true
		if s.Parent != (ports.TraceID{}) || len(s.Links) > 0 {
			t.Errorf("a malformed context is the parent of or linked to %+v", s)
		}
	}
	if len(traces) != len(broken) {
		t.Errorf("%d traces, want %d", len(traces), len(broken))
	}
	odd := contextOf(2)
	odd.State = "what, is=no state=at all"
	h.Tracer.Process(domain.Email, tracedRecord(odd), time.Time{}).End("A-7", sent())
	spans := h.Shown()
	if last := spans[len(spans)-1]; last.ID.Trace != idOf(t, odd).Trace {
		t.Error("a malformed state took its well-formed parent along")
	}
}

func stepsBelong(t *testing.T, h TracerHarness) {
	trace := h.Tracer.Process(domain.Email, tracedRecord(contextOf(1)), time.Time{})
	written := map[ports.Step]ports.TraceContext{}
	for _, step := range ports.Steps() {
		span := trace.Step(step, time.Time{})
		written[step] = span.Context()
		span.End(nil)
	}
	trace.End("A-7", sent())
	process, spans := shown(t, h, "process"), h.Shown()
	if len(spans) != 1+len(ports.Steps()) {
		t.Errorf("%d spans are shown, want the record's and one for each of %d steps", len(spans), len(ports.Steps()))
	}
	for _, s := range spans {
		if s.ID != process.ID && (s.Parent.Span != process.ID.Span || s.ID.Trace != process.ID.Trace) {
			t.Errorf("%s is a child of %+v, want %+v", s.Name, s.Parent, process.ID)
		}
	}
	for step, c := range written {
		id := idOf(t, c)
		if !slices.ContainsFunc(spans, func(s ShownSpan) bool { return s.ID.Span == id.Span }) || id.Trace != process.ID.Trace {
			t.Errorf("what is written in %s names %+v, which no span is", step, id)
		}
	}
}

func replaysAreLinked(t *testing.T, h TracerHarness) {
	event, dead, replayer := contextOf(1), contextOf(2), contextOf(3)
	for name, sentBy := range map[string]ports.TraceContext{"traced": replayer, "untraced": {}} {
		before := len(h.Shown())
		r := tracedRecord(event)
		r.Replay = &ports.Replay{DeadLetterID: "d", Job: "job", Count: 1, Sent: sentBy, DeadLettered: dead, Origin: r.Origin()}
		h.Tracer.Process(domain.Email, r, time.Time{}).End("A-7", sent())
		s := h.Shown()[before]
		if parent, _ := sentBy.ID(); s.Parent.Span != parent.Span {
			t.Errorf("%s: the replay is a child of %+v, want %+v", name, s.Parent, parent)
		}
		for _, want := range []ports.TraceContext{event, dead} {
			id := idOf(t, want)
			if !slices.ContainsFunc(s.Links, func(l ports.TraceID) bool { return l.Span == id.Span && l.Trace == id.Trace }) {
				t.Errorf("%s: the replay is linked to %+v, want %+v among them", name, s.Links, id)
			}
		}
		if s.ID.Trace == idOf(t, event).Trace || s.ID.Trace == idOf(t, dead).Trace {
			t.Errorf("%s: the replay is part of a trace that ended long ago", name)
		}
	}
}

func tracesAreDiscreet(t *testing.T, h TracerHarness) {
	failure := &domain.Failure{
		Class: domain.ClassRecipientRejected, Code: "fake.400", Detail: recipient + " is none", Cause: fmt.Errorf("no %s", recipient),
	}
	trace := h.Tracer.Process(domain.Email, tracedRecord(contextOf(1)), time.Now())
	for _, step := range ports.Steps() {
		trace.Step(step, time.Time{}).End(failure)
	}
	trace.End(recipient, new(domain.DeadLettered(failure)))
	for _, s := range h.Shown() {
		if s.Text == "" || strings.Contains(s.Text+s.Name, "mara") {
			t.Errorf("%s shows the recipient, or nothing at all: %s", s.Name, s.Text)
		}
	}
}

func tracesAreApart(t *testing.T, h TracerHarness) {
	const records = 64
	var wg sync.WaitGroup
	for i := range records {
		wg.Go(func() {
			trace := h.Tracer.Process(domain.SMS, tracedRecord(contextOf(i)), time.Time{})
			trace.Step(ports.StepSend, time.Time{}).End(nil)
			trace.End("A-7", sent())
		})
	}
	wg.Wait()
	spans := map[[16]byte]int{}
	for _, s := range h.Shown() {
		spans[s.ID.Trace]++
	}
	for i := range records {
		if n := spans[idOf(t, contextOf(i)).Trace]; n != 2 {
			t.Errorf("trace %d has %d spans, want 2", i, n)
		}
	}
}
