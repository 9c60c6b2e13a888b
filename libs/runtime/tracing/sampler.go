package tracing

import (
	"strings"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// samplerOf returns the sampler that OTEL_TRACES_SAMPLER names.
func samplerOf(name string, share float64) sdktrace.Sampler {
	kind, parentBased := strings.CutPrefix(name, "parentbased_")
	root := sdktrace.AlwaysSample()
	switch kind {
	case "always_off":
		root = sdktrace.NeverSample()
	case "traceidratio":
		root = sdktrace.TraceIDRatioBased(share)
	}
	if !parentBased {
		return root
	}
	return linkBased{sdktrace.ParentBased(root)}
}

// linkBased is a parent-based sampler that also follows links: a trace with a link to a
// sampled one is sampled too. Otherwise the few sampled sends would hardly ever have a
// receipt or a replay.
type linkBased struct{ sdktrace.Sampler }

// ShouldSample implements sdktrace.Sampler.
func (s linkBased) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	if !trace.SpanContextFromContext(p.ParentContext).IsValid() {
		for _, link := range p.Links {
			if link.SpanContext.IsSampled() {
				return sdktrace.AlwaysSample().ShouldSample(p)
			}
		}
	}
	return s.Sampler.ShouldSample(p)
}
