package delivery_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

// inTracedRig is inRig with a tracer whose spans have all ended afterwards, once each.
func inTracedRig(t *testing.T, test func(r *rig, tracer *fake.Tracer)) {
	t.Helper()
	inRig(t, func(r *rig) {
		tracer := &fake.Tracer{}
		r.tracer = tracer
		r.limit(0)
		test(r, tracer)
		r.others.Wait()
		for _, s := range tracer.Spans() {
			if s.Ended != 1 {
				r.t.Errorf("%s was ended %d times", s.Name, s.Ended)
			}
		}
	})
}

// way is what spans are called from a point on, failures in brackets, repeats of
// look-ups left out.
func way(spans []fake.Span) string {
	var words []string
	for _, s := range spans {
		word := s.Name
		if s.Failure != "" {
			word += "(" + s.Failure + ")"
		}
		if len(words) > 0 && words[len(words)-1] == word && word == string(ports.StepLookUp) {
			continue
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// Each way through delivery shows its steps.
func TestTraceShowsTheStepsOfARecord(t *testing.T) {
	inTracedRig(t, func(r *rig, tracer *fake.Tracer) {
		seen := 0
		show := func(what, want string) {
			r.t.Helper()
			r.want(what, way(tracer.Spans()[seen:]), want)
			seen = len(tracer.Spans())
		}
		task := delivery.NewTask(domain.NewDecoder(), r.event("A"))
		task.Arrived = time.Now().Add(-time.Second)
		if _, err := r.work(r.t.Context(), task); err != nil {
			r.t.Fatal(err)
		}
		show("sent", "process queue claim send settle outcome")
		r.outcome(r.event("B", with("email", nil)))
		show("invalid", "process note dead_letter outcome")
		r.provider.Fail(fake.Fault{Kind: fake.RateLimited, RetryAfter: 3 * time.Second})
		r.outcome(r.event("C"))
		show("the provider asks for a pause", "process claim send(fake.rate_limited) settle wait retry claim send settle outcome")
		r.provider.Fail(fake.Fault{Kind: fake.Hang})
		rec := r.event("D")
		r.outcome(rec)
		show("in doubt", "process claim send(fake.no_answer) wait doubt look_up settle wait retry claim send settle outcome")
		r.outcome(replay(rec, domain.ClassTransient, 1, false))
		show("a replay", "process outcome resolution")
	})
}

// Records for other programs name the step in which they were written.
func TestTraceTravelsWithWhatIsWritten(t *testing.T) {
	inTracedRig(t, func(r *rig, tracer *fake.Tracer) {
		r.provider.Fail(fake.Fault{Kind: fake.BadRecipient})
		rec := r.event("A")
		rec.Headers = ports.TraceContext{Parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}.Headers()
		r.outcome(rec)
		names := map[ports.TraceContext]string{}
		for _, s := range tracer.Spans() {
			names[s.ID.Context()] = s.Name
		}
		r.want("the dead letter", names[r.dead[0].Trace], ports.StepDeadLetter)
		r.want("the outcome", names[r.told[0].Trace], ports.StepOutcome)
		r.want("the trace", strings.HasPrefix(r.told[0].Trace.Parent, string(rec.Headers[0].Value[:35])), true)
	})
}

// A record that goes back without an outcome ends its trace too.
func TestTraceEndsWithoutAnOutcome(t *testing.T) {
	inTracedRig(t, func(r *rig, tracer *fake.Tracer) {
		gone := errors.New("the ledger was closed")
		r.onWrite = func(what string) error {
			if what == "sent" {
				return gone
			}
			return nil
		}
		if _, err := r.deliver(r.t.Context(), r.event("A")); !errors.Is(err, gone) {
			r.t.Fatal(err)
		}
		r.want("steps", way(tracer.Spans()), "process claim send settle(internal)")
		r.want("outcome", tracer.Spans()[0].Outcome, "")
	})
}

// panicking is a tracer whose every method panics from the nth call on.
type panicking struct{ calls, from int }

func (p *panicking) count() {
	if p.calls++; p.calls > p.from {
		panic(fmt.Sprint("call ", p.calls, " of the tracer"))
	}
}

func (p *panicking) Process(domain.Channel, *ports.Record, time.Time) ports.Trace {
	p.count()
	return panickingTrace{p}
}

type panickingTrace struct{ *panicking }

func (p panickingTrace) Step(ports.Step, time.Time) ports.TraceSpan {
	p.count()
	return panickingSpan(p)
}
func (p panickingTrace) End(string, *domain.Outcome) { p.count() }

type panickingSpan struct{ *panicking }

func (p panickingSpan) Context() ports.TraceContext { p.count(); return ports.TraceContext{} }
func (p panickingSpan) End(*domain.Failure)         { p.count() }

func TestAPanickingTracerChangesNothing(t *testing.T) {
	for from := range 12 {
		inRig(t, func(r *rig) {
			r.tracer = &panicking{from: from}
			r.limit(0)
			r.want("outcome", r.outcome(r.event("A")), "sent")
			r.want("durable steps", r.steps, "[claimed sent outcome]")
		})
	}
}

// Without tracing, a record allocates nothing.
func TestNoTracerAllocatesNothing(t *testing.T) {
	tracer, record, outcome := ports.Tracer(ports.NoTracer{}), &ports.Record{}, new(domain.Sent("id"))
	n := testing.AllocsPerRun(100, func() {
		trace := tracer.Process(domain.Email, record, time.Time{})
		for _, w := range []ports.Wait{ports.WaitRetry, ports.WaitDoubt, ports.WaitGate, ports.WaitRate} {
			span := trace.Step(ports.StepOf(w), time.Time{})
			if span.Context() != (ports.TraceContext{}) {
				t.Error("there is a context without a trace")
			}
			span.End(nil)
		}
		trace.End("A", outcome)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
