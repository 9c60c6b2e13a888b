package config

import (
	"maps"
	"net/url"
	"strings"
)

// Tracing holds the OpenTelemetry SDK's variables that decide whether spans are made
// and where they are sent. The SDK itself reads the others (OTEL_BSP_*, OTEL_SPAN_*).
type Tracing struct {
	Disabled       bool   `env:"OTEL_SDK_DISABLED" envDefault:"false" is:"bool" about:"true switches tracing off, whatever else is set."`
	Exporter       string `env:"OTEL_TRACES_EXPORTER" envDefault:"otlp" is:"oneof otlp|none" about:"none switches tracing off."`
	Endpoint       string `env:"OTEL_EXPORTER_OTLP_ENDPOINT" is:"url" about:"The OpenTelemetry collector, such as http://otel-collector:4318; /v1/traces is appended. Tracing is off without an endpoint."`
	TracesEndpoint string `env:"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" is:"url" about:"The whole address that spans are sent to; it takes precedence over OTEL_EXPORTER_OTLP_ENDPOINT."`
	Protocol       string `env:"OTEL_EXPORTER_OTLP_PROTOCOL" envDefault:"http/protobuf" is:"oneof http/protobuf" about:"How spans are sent; gRPC is not built in."`
	TracesProtocol string `env:"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL" envDefault:"http/protobuf" is:"oneof http/protobuf" about:"The same for traces only."`
	Headers        Secret `env:"OTEL_EXPORTER_OTLP_HEADERS" is:"secret" about:"Headers of requests to the collector: name=value, several separated by commas, values percent-encoded."`
	TracesHeaders  Secret `env:"OTEL_EXPORTER_OTLP_TRACES_HEADERS" is:"secret" about:"More of them, for traces only."`
	Compression    string `env:"OTEL_EXPORTER_OTLP_COMPRESSION" envDefault:"none" is:"oneof none|gzip" about:"gzip makes requests to the collector smaller."`
	TimeoutMillis  int    `env:"OTEL_EXPORTER_OTLP_TIMEOUT" envDefault:"10000" is:"int 1..60000" about:"How long one request to the collector may take, in milliseconds."`
	Certificate    string `env:"OTEL_EXPORTER_OTLP_CERTIFICATE" is:"pem" about:"The authorities that the collector's certificate is checked against; without it, those of the system."`
	// ServiceName is empty for the program's name.
	ServiceName string  `env:"OTEL_SERVICE_NAME" is:"text 255" shown:"the program's name" about:"The program's name in spans."`
	Attributes  string  `env:"OTEL_RESOURCE_ATTRIBUTES" is:"text 4000" want:"pairs name=value, separated by commas" about:"Attributes of every span, such as deployment.environment.name=production."`
	Sampler     string  `env:"OTEL_TRACES_SAMPLER" envDefault:"parentbased_always_on" is:"oneof always_on|always_off|traceidratio|parentbased_always_on|parentbased_always_off|parentbased_traceidratio" about:"Which records are traced; the parentbased ones leave it to the publisher where the record carries a traceparent."`
	SamplerArg  float64 `env:"OTEL_TRACES_SAMPLER_ARG" envDefault:"1.0" is:"number 0..1" about:"The share of records that traceidratio traces."`
}

// URL returns the address that spans are sent to; empty if tracing is off.
func (t *Tracing) URL() string {
	switch {
	case t.Disabled || t.Exporter == "none":
		return ""
	case t.TracesEndpoint != "":
		return t.TracesEndpoint
	case t.Endpoint != "":
		return t.Endpoint + "/v1/traces"
	}
	return ""
}

// RequestHeaders returns the headers of requests to the collector. The values are
// secrets.
func (t *Tracing) RequestHeaders() map[string]string {
	headers, _ := pairs(t.Headers.Reveal()) // Check has reported what is wrong.
	more, _ := pairs(t.TracesHeaders.Reveal())
	maps.Copy(headers, more)
	return headers
}

// ResourceAttributes returns the attributes that every span has.
func (t *Tracing) ResourceAttributes() map[string]string {
	attributes, _ := pairs(t.Attributes)
	return attributes
}

// Check reads the pairs.
func (t *Tracing) Check(r *Report) {
	for name, text := range map[string]string{
		"OTEL_EXPORTER_OTLP_HEADERS":        t.Headers.Reveal(),
		"OTEL_EXPORTER_OTLP_TRACES_HEADERS": t.TracesHeaders.Reveal(),
		"OTEL_RESOURCE_ATTRIBUTES":          t.Attributes,
	} {
		if _, ok := pairs(text); !ok && !r.Faulty(name) {
			r.Fault(name, "must be pairs name=value, separated by commas, values percent-encoded")
		}
	}
}

// pairs reads name=value,name=value with percent-encoded values.
func pairs(text string) (map[string]string, bool) {
	found := make(map[string]string)
	for pair := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, value, given := strings.Cut(pair, "=")
		name = strings.TrimSpace(name)
		decoded, err := url.PathUnescape(strings.TrimSpace(value))
		if !given || name == "" || strings.ContainsAny(name, " \t:") || err != nil || !printable(name+decoded) {
			return found, false
		}
		found[name] = decoded
	}
	return found, true
}
