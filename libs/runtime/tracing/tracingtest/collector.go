// Package tracingtest is a stand-in for an OpenTelemetry collector: tests can inspect
// the spans that programs send to it by OTLP over HTTP.
package tracingtest

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	common "go.opentelemetry.io/proto/otlp/common/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Collector takes spans at URL, the value of OTEL_EXPORTER_OTLP_ENDPOINT.
type Collector struct {
	URL string

	t       testing.TB
	mu      sync.Mutex
	spans   []Span
	headers http.Header
	// answer is the status of answers; 0 means 200.
	answer int
	asked  int
}

// Span is a span as the collector got it.
type Span struct {
	Service    string
	Name, Kind string
	ID, Parent ports.TraceID
	Links      []ports.TraceID
	Began      time.Time
	Took       time.Duration
	Attributes map[string]string
	// Failed is set if the span's status is an error.
	Failed bool
	// Text is everything that was sent of the span and its resource.
	Text string
}

// New starts a collector that runs until the test ends.
func New(t testing.TB) *Collector {
	t.Helper()
	c := &Collector{t: t}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	c.URL = server.URL
	return c
}

// Answer makes c answer every request with status from now on. It takes spans only if
// status is 200.
func (c *Collector) Answer(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer = status
}

// Asked returns how many requests there were, and the headers of the last one.
func (c *Collector) Asked() (int, http.Header) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked, c.headers
}

// Spans returns the spans so far, ordered by their beginning.
func (c *Collector) Spans() []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := slices.Clone(c.spans)
	slices.SortStableFunc(all, func(a, b Span) int { return a.Began.Compare(b.Began) })
	return all
}

// ServeHTTP implements http.Handler.
func (c *Collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	request, err := read(r)
	if err != nil || r.URL.Path != "/v1/traces" || r.Method != http.MethodPost {
		c.t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	c.headers = r.Header.Clone()
	if c.answer != 0 && c.answer != http.StatusOK {
		w.WriteHeader(c.answer)
		_, _ = io.WriteString(w, "the body of an error")
		return
	}
	for _, resource := range request.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			for _, span := range scope.GetSpans() {
				c.spans = append(c.spans, spanOf(resource, span))
			}
		}
	}
}

// read decodes an ExportTraceServiceRequest, which has the fields of TracesData.
func read(r *http.Request) (*otlp.TracesData, error) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(body)
		if err != nil {
			return nil, err
		}
		body = unzipped
	}
	raw, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	request := &otlp.TracesData{}
	return request, proto.Unmarshal(raw, request)
}

func spanOf(resource *otlp.ResourceSpans, s *otlp.Span) Span {
	began := time.Unix(0, int64(s.GetStartTimeUnixNano())) //nolint:gosec // until 2262
	span := Span{
		Service: attributes(resource.GetResource().GetAttributes())["service.name"],
		Name:    s.GetName(), Kind: s.GetKind().String(), ID: idOf(s.GetTraceId(), s.GetSpanId()),
		Began: began, Took: time.Unix(0, int64(s.GetEndTimeUnixNano())).Sub(began), //nolint:gosec // until 2262
		Attributes: attributes(s.GetAttributes()), Failed: s.GetStatus().GetCode() == otlp.Status_STATUS_CODE_ERROR,
		Text: prototext.Format(resource.GetResource()) + prototext.Format(s),
	}
	if len(s.GetParentSpanId()) > 0 {
		span.Parent = idOf(s.GetTraceId(), s.GetParentSpanId())
	}
	for _, link := range s.GetLinks() {
		span.Links = append(span.Links, idOf(link.GetTraceId(), link.GetSpanId()))
	}
	return span
}

// idOf marks every span as sampled, because others are not sent.
func idOf(trace, span []byte) (id ports.TraceID) {
	copy(id.Trace[:], trace)
	copy(id.Span[:], span)
	id.Flags = 1
	return id
}

func attributes(all []*common.KeyValue) map[string]string {
	found := make(map[string]string)
	for _, a := range all {
		switch v := a.GetValue().GetValue().(type) {
		case *common.AnyValue_StringValue:
			found[a.GetKey()] = v.StringValue
		default:
			found[a.GetKey()] = prototext.MarshalOptions{}.Format(a.GetValue())
		}
	}
	return found
}
