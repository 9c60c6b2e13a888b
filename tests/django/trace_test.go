package django

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/tracing/tracingtest"
	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// TestTraceFromDjangoToTheReceipt books an appointment within a span of Django's. The
// provider refuses it, a person has it replayed, it is sent, and its receipt comes. All
// of that is one picture, which docs/TRACES.md shows.
func TestTraceFromDjangoToTheReceipt(t *testing.T) {
	broker.RequireReal(t)
	collector := tracingtest.New(t)
	p := newProject(t, sqlite(t), map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL, "OTEL_BSP_SCHEDULE_DELAY": "100", "RECEIPTS_POLL_SECONDS": "1",
	})
	p.Script(sandbox.Rule{
		Match: sandbox.Match{Kind: "send"}, Count: 1,
		Action: sandbox.Action{Type: script.Answer, Status: 400, Body: `{"message": "'to' parameter is not a valid address. please check documentation"}`},
	})
	p.StartWorker(p.settings)
	p.relay()
	booking := p.manage("book_traced")
	if code := booking.Wait(time.Minute); code != 0 {
		t.Fatalf("the booking ended with %d", code)
	}
	await := func(what string, ok func(tracingtest.Span) bool) {
		harness.Await(t, time.Minute, what, func() bool { return slices.ContainsFunc(collector.Spans(), ok) })
	}
	await("the dead letter", func(s tracingtest.Span) bool { return s.Attributes["notifications.outcome"] == "dead_lettered" })
	replay := harness.Start(t, p.Binaries.Path(t, "services/dlq-replayer"), p.settings, "replay", "--yes", "--reason", "the address was mended")
	if code := replay.Wait(time.Minute); code != 0 {
		t.Fatalf("the replay ended with %d", code)
	}
	await("the receipt", func(s tracingtest.Span) bool { return s.Attributes["notifications.receipt"] == "delivered" })

	parent, ok := (ports.TraceContext{Parent: strings.TrimSpace(booking.Log())}).ID()
	if !ok {
		t.Fatalf("Django's traceparent is %q", booking.Log())
	}
	names := strings.NewReplacer(p.Outcomes(), "notifications.outcomes", p.Source, "appointments.created")
	got := names.Replace(picture(collector.Spans(), parent))
	document, err := os.ReadFile(filepath.Join(harness.Root(t), "docs/TRACES.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(document), "```text\n"+got+"```\n") {
		t.Errorf("docs/TRACES.md does not show\n%s", got)
	}
}

// picture draws the trace that a span of Django's began, and below each span the traces
// that are linked to it.
func picture(spans []tracingtest.Span, django ports.TraceID) string {
	var b strings.Builder
	b.WriteString("Django: book an appointment\n")
	drawn := map[ports.TraceID]bool{}
	var draw func(id ports.TraceID, indent string)
	draw = func(id ports.TraceID, indent string) {
		last := ""
		for _, s := range spans {
			linked := slices.ContainsFunc(s.Links, func(l ports.TraceID) bool { return l.Span == id.Span && l.Trace == id.Trace })
			mark := "└ "
			if linked && s.Parent == (ports.TraceID{}) {
				mark = "⇠ "
			} else if s.Parent.Span != id.Span || s.ID.Trace != id.Trace {
				continue
			}
			if drawn[s.ID] {
				continue
			}
			drawn[s.ID] = true
			if line(s) == last {
				continue // a claim that is made again on a busy machine, say
			}
			last = line(s)
			b.WriteString(indent + mark + last + "\n")
			draw(s.ID, indent+"  ")
		}
	}
	draw(django, "")
	return b.String()
}

// line is a span in one line: program, name, kind where it is not internal, and what
// became of it.
func line(s tracingtest.Span) string {
	words := []string{s.Service + ":", s.Name}
	if kind := strings.ToLower(strings.TrimPrefix(s.Kind, "SPAN_KIND_")); kind != "internal" {
		words = append(words, "("+kind+")")
	}
	for _, name := range []string{"notifications.outcome", "error.type", "notifications.receipt"} {
		if value := s.Attributes[name]; value != "" {
			words = append(words, strings.TrimPrefix(name, "notifications.")+"="+value)
		}
	}
	return strings.Join(words, " ")
}
