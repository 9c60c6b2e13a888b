package tracing

import (
	"context"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/mask"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Topics are the topics that a worker writes, for the names of spans.
type Topics struct{ DeadLetters, Outcomes, Resolutions string }

// Records returns the tracer of a worker's records.
func (t *Traces) Records(group string, topics Topics) ports.Tracer {
	if !t.On() {
		return ports.NoTracer{}
	}
	return &records{tracer: t.tracer, common: processing(group), steps: stepsOf(topics)}
}

// records implements ports.Tracer.
type records struct {
	tracer trace.Tracer
	common []attribute.KeyValue
	steps  map[ports.Step]shape
}

// shape is the form of a step's span.
type shape struct {
	name    string
	options []trace.SpanStartOption
}

// stepsOf returns the shapes of the steps. A step without one is shown by its name.
func stepsOf(t Topics) map[ports.Step]shape {
	kind := func(name string, k trace.SpanKind) shape {
		return shape{name, []trace.SpanStartOption{trace.WithSpanKind(k)}}
	}
	send := func(topic string) shape {
		return shape{"send " + topic, []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindProducer), trace.WithAttributes(sending(topic)...)}}
	}
	return map[ports.Step]shape{
		ports.StepSend: kind("call send", trace.SpanKindClient), ports.StepLookUp: kind("call look_up", trace.SpanKindClient),
		ports.StepDeadLetter: send(t.DeadLetters), ports.StepOutcome: send(t.Outcomes), ports.StepResolution: send(t.Resolutions),
	}
}

func (r *records) shape(s ports.Step) shape {
	if known, ok := r.steps[s]; ok {
		return known
	}
	return shape{name: string(s)}
}

// Process implements ports.Tracer.
func (r *records) Process(ch domain.Channel, record *ports.Record, arrived time.Time) ports.Trace {
	options := []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindConsumer)}
	parent := ports.TraceOf(record.Headers)
	if replay := record.Replay; replay != nil {
		options = append(options, trace.WithLinks(linksTo(replay.DeadLettered, parent)...))
		parent = replay.Sent
	}
	if !arrived.IsZero() {
		options = append(options, trace.WithTimestamp(arrived))
	}
	ctx, span := r.tracer.Start(under(parent), "process "+record.Topic, options...)
	if !span.IsRecording() {
		return &untraced{span.SpanContext()}
	}
	span.SetAttributes(r.common...)
	span.SetAttributes(keyChannel.String(string(ch)))
	span.SetAttributes(place(record.Topic, strconv.Itoa(int(record.Partition)), record.Offset)...)
	p := &process{records: r, ctx: ctx, span: span}
	if replay := record.Replay; replay != nil {
		span.SetAttributes(keyReplayJob.String(mask.Identifier(replay.Job)), keyReplayCount.Int(replay.Count))
	}
	if !arrived.IsZero() {
		p.Step(ports.StepQueue, arrived).End(nil)
	}
	return p
}

// process is a record under way.
type process struct {
	records *records
	ctx     context.Context //nolint:containedctx // OpenTelemetry passes a span's parent in a context
	span    trace.Span
}

// Step implements ports.Trace.
func (p *process) Step(s ports.Step, began time.Time) ports.TraceSpan {
	shape := p.records.shape(s)
	options := shape.options
	if !began.IsZero() {
		options = append(options[:len(options):len(options)], trace.WithTimestamp(began))
	}
	_, span := p.records.tracer.Start(p.ctx, shape.name, options...)
	return step{span}
}

// End implements ports.Trace.
func (p *process) End(appointmentID string, o *domain.Outcome) {
	if appointmentID != "" {
		p.span.SetAttributes(appointment(appointmentID))
	}
	if o == nil {
		p.span.SetAttributes(keyOutcome.String("none"))
	} else {
		p.span.SetAttributes(concluding(o)...)
		if o.Status == domain.StatusDeadLettered {
			p.span.SetStatus(codes.Error, "")
		}
	}
	p.span.End()
}

// step is one step of a record.
type step struct{ span trace.Span }

// Context implements ports.TraceSpan.
func (s step) Context() ports.TraceContext { return contextOf(s.span.SpanContext()) }

// End implements ports.TraceSpan.
func (s step) End(f *domain.Failure) {
	if f != nil {
		s.span.SetAttributes(failing(f)...)
		s.span.SetStatus(codes.Error, "")
	}
	s.span.End()
}

// untraced is a record that the sampler left out. It makes no spans, but passes the
// decision on to other programs.
type untraced struct{ context trace.SpanContext }

// Step implements ports.Trace.
func (u *untraced) Step(ports.Step, time.Time) ports.TraceSpan { return (*untracedStep)(u) }

// End implements ports.Trace.
func (*untraced) End(string, *domain.Outcome) {}

type untracedStep untraced

// Context implements ports.TraceSpan.
func (u *untracedStep) Context() ports.TraceContext { return contextOf(u.context) }

// End implements ports.TraceSpan.
func (*untracedStep) End(*domain.Failure) {}
