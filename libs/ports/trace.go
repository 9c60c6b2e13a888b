package ports

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// Step names a part of a record's processing.
type Step string

// The closed set of steps.
const (
	// StepQueue is the wait for the record's turn.
	StepQueue Step = "queue"
	// StepClaim and StepSettle are appends to the ledger, up to the acknowledgement.
	StepClaim  Step = "claim"
	StepSettle Step = "settle"
	// StepNote is the append of an event that ends without a claim.
	StepNote Step = "note"
	// StepSend and StepLookUp are calls of the provider.
	StepSend   Step = "send"
	StepLookUp Step = "look_up"
	// StepDeadLetter and StepOutcome write a record for others to read.
	StepDeadLetter Step = "dead_letter"
	StepOutcome    Step = "outcome"
	// StepResolution writes what became of a replay.
	StepResolution Step = "resolution"
	// StepRetry, StepDoubt, StepGate and StepRate are the waits of the same names.
	StepRetry Step = "wait retry"
	StepDoubt Step = "wait doubt"
	StepGate  Step = "wait gate"
	StepRate  Step = "wait rate"
)

// StepOf returns the step of a wait.
func StepOf(w Wait) Step {
	switch w {
	case WaitDoubt:
		return StepDoubt
	case WaitGate:
		return StepGate
	case WaitRate:
		return StepRate
	default:
		return StepRetry
	}
}

// Steps returns all steps.
func Steps() []Step {
	return []Step{
		StepQueue, StepClaim, StepSettle, StepNote, StepSend, StepLookUp, StepDeadLetter, StepOutcome, StepResolution,
		StepRetry, StepDoubt, StepGate, StepRate,
	}
}

// Tracer follows records through the program. Its methods, and those of the traces and
// spans, may be called concurrently, return at once and never fail. The spans contain
// no recipients, message texts or secrets.
type Tracer interface {
	// Process begins the trace of one record on ch, from arrived, when it was read
	// (zero: from now), to Trace.End. It continues the producer's trace if the record's
	// headers carry a context, and is a new trace otherwise. For a replay it continues
	// the replayer's trace, with links to those of the dead letter and the event. A
	// malformed context is ignored.
	Process(ch domain.Channel, r *Record, arrived time.Time) Trace
}

// Trace is one record under way.
type Trace interface {
	// Step begins a step, at began (zero: now).
	Step(s Step, began time.Time) TraceSpan
	// End ends the trace with the record's outcome, nil if it has none yet and its
	// offset does not move. appointmentID is empty if it is not known.
	End(appointmentID string, o *domain.Outcome)
}

// TraceSpan is one step under way.
type TraceSpan interface {
	// Context is for the headers of records that are written in the step; zero if
	// nothing is traced.
	Context() TraceContext
	// End ends the step; failure is nil on success.
	End(failure *domain.Failure)
}

// NoTracer traces nothing, and allocates nothing.
type NoTracer struct{}

// NoTraceSpan is the span of NoTracer.
type NoTraceSpan struct{}

var (
	_ Tracer    = NoTracer{}
	_ Trace     = noTrace{}
	_ TraceSpan = NoTraceSpan{}
)

type noTrace struct{}

// Process implements Tracer.
func (NoTracer) Process(domain.Channel, *Record, time.Time) Trace { return noTrace{} }

// Step implements Trace.
func (noTrace) Step(Step, time.Time) TraceSpan { return NoTraceSpan{} }

// End implements Trace.
func (noTrace) End(string, *domain.Outcome) {}

// Context implements TraceSpan.
func (NoTraceSpan) Context() TraceContext { return TraceContext{} }

// End implements TraceSpan.
func (NoTraceSpan) End(*domain.Failure) {}
