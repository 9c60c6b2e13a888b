package fake

import (
	"encoding/binary"
	"slices"
	"sync"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Tracer keeps spans in memory. The zero value is ready and safe for concurrent use.
type Tracer struct {
	mu    sync.Mutex
	spans []*Span
}

// Span is a span as Tracer keeps it.
type Span struct {
	// Name is "process" or the step.
	Name   string
	ID     ports.TraceID
	Parent ports.TraceID
	Links  []ports.TraceID
	Began  time.Time
	// Ended counts the calls of End; a correct caller makes one.
	Ended int
	// Failure is the code of a step's failure; Outcome is that of a record, empty if it
	// has none.
	Failure string
	Outcome domain.Status
}

var _ ports.Tracer = (*Tracer)(nil)

// Spans returns all spans in the order in which they began.
func (t *Tracer) Spans() []Span {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []Span
	for _, s := range t.spans {
		one := *s
		one.Links = slices.Clone(s.Links)
		all = append(all, one)
	}
	return all
}

// Process implements ports.Tracer.
func (t *Tracer) Process(_ domain.Channel, r *ports.Record, arrived time.Time) ports.Trace {
	parent, links := origins(r)
	began := arrived
	if began.IsZero() {
		began = time.Now()
	}
	process := &fakeSpan{t, t.begin("process", parent, links, began)}
	if !arrived.IsZero() {
		process.Step(ports.StepQueue, arrived).End(nil)
	}
	return (*fakeTrace)(process)
}

// origins returns the parent of a record's trace, and its links.
func origins(r *ports.Record) (parent ports.TraceID, links []ports.TraceID) {
	own := ports.TraceOf(r.Headers)
	if r.Replay == nil {
		parent, _ = own.ID()
		return parent, nil
	}
	parent, _ = r.Replay.Sent.ID()
	for _, c := range []ports.TraceContext{r.Replay.DeadLettered, own} {
		if id, ok := c.ID(); ok {
			links = append(links, id)
		}
	}
	return parent, links
}

// begin adds a span. A span without a parent begins a trace of its own.
func (t *Tracer) begin(name string, parent ports.TraceID, links []ports.TraceID, began time.Time) *Span {
	t.mu.Lock()
	defer t.mu.Unlock()
	number := uint64(len(t.spans) + 1)
	s := &Span{Name: name, Parent: parent, Links: links, Began: began}
	s.ID.Trace, s.ID.Flags = parent.Trace, 1
	if parent == (ports.TraceID{}) {
		binary.BigEndian.PutUint64(s.ID.Trace[:8], number)
	}
	binary.BigEndian.PutUint64(s.ID.Span[:], number)
	t.spans = append(t.spans, s)
	return s
}

type fakeSpan struct {
	tracer *Tracer
	span   *Span
}

// Step implements ports.TraceSpan.
func (s *fakeSpan) Step(step ports.Step, began time.Time) ports.TraceSpan {
	if began.IsZero() {
		began = time.Now()
	}
	return &fakeSpan{s.tracer, s.tracer.begin(string(step), s.span.ID, nil, began)}
}

// Context implements ports.TraceSpan.
func (s *fakeSpan) Context() ports.TraceContext { return s.span.ID.Context() }

// End implements ports.TraceSpan.
func (s *fakeSpan) End(f *domain.Failure) {
	s.tracer.mu.Lock()
	defer s.tracer.mu.Unlock()
	s.span.Ended++
	if f != nil {
		s.span.Failure = f.Code
	}
}

type fakeTrace fakeSpan

// Step implements ports.Trace.
func (s *fakeTrace) Step(step ports.Step, began time.Time) ports.TraceSpan {
	return (*fakeSpan)(s).Step(step, began)
}

// End implements ports.Trace.
func (s *fakeTrace) End(_ string, o *domain.Outcome) {
	s.tracer.mu.Lock()
	defer s.tracer.mu.Unlock()
	s.span.Ended++
	if o != nil {
		s.span.Outcome = o.Status
	}
}
