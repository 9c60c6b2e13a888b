package tracing

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

// collector sends spans by OTLP over HTTP. The SDK's own client links gRPC, which is
// not used and makes each binary 2 to 6 MB larger; this one is its HTTP half. It does
// not read how many spans of a request the collector rejected.
type collector struct {
	client  *http.Client
	base    *http.Transport
	url     string
	headers map[string]string
	zip     bool
	stopped context.Context //nolint:containedctx // it ends requests when the collector is stopped
	stop    context.CancelFunc
}

var _ otlptrace.Client = (*collector)(nil)

// newCollector returns a client for the collector of cfg. It reads the certificates and
// makes no connection.
func newCollector(cfg config.Tracing) (*collector, error) {
	roots, err := authorities(cfg.Certificate)
	if err != nil {
		return nil, err
	}
	timeout := time.Duration(cfg.TimeoutMillis) * time.Millisecond
	base := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: timeout}).DialContext, TLSHandshakeTimeout: timeout,
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
		MaxIdleConns: 1, IdleConnTimeout: time.Minute,
	}
	c := &collector{
		base: base, url: cfg.URL(), headers: cfg.RequestHeaders(), zip: cfg.Compression == "gzip",
		client: &http.Client{
			Transport: base, Timeout: timeout,
			// The headers must go only to the configured collector.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	c.stopped, c.stop = context.WithCancel(context.Background())
	return c, nil
}

// authorities reads certificates; nil stands for those of the system.
func authorities(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil //nolint:nilnil // nil is what net/http takes for the system's
	}
	raw, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_CERTIFICATE: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(raw) {
		return nil, errors.New("OTEL_EXPORTER_OTLP_CERTIFICATE holds no certificate")
	}
	return pool, nil
}

// Start implements otlptrace.Client.
func (*collector) Start(context.Context) error { return nil }

// Stop implements otlptrace.Client. It ends a request that is under way.
func (c *collector) Stop(context.Context) error {
	c.stop()
	c.base.CloseIdleConnections()
	return nil
}

// firstRetry doubles up to lastRetry. The SDK gives up after OTEL_BSP_EXPORT_TIMEOUT.
const firstRetry, lastRetry = time.Second, 16 * time.Second

// UploadTraces implements otlptrace.Client. It retries transient failures for as long
// as ctx lasts.
func (c *collector) UploadTraces(ctx context.Context, spans []*otlp.ResourceSpans) error {
	// On the wire the same as an ExportTraceServiceRequest, whose package links gRPC.
	body, err := proto.Marshal(&otlp.TracesData{ResourceSpans: spans})
	if err != nil {
		return err
	}
	if c.zip {
		body = zipped(body)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.stopped, cancel)()
	for pause := firstRetry; ; pause = min(2*pause, lastRetry) {
		err := c.post(ctx, body)
		if err == nil || !passes(err) {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return err
		}
	}
}

func zipped(body []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(body) // writing to a buffer cannot fail
	_ = z.Close()
	return b.Bytes()
}

// maxAnswer is how much of an answer is read, so that the connection can be used again.
const maxAnswer = 64 << 10

func (c *collector) post(ctx context.Context, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	for name, value := range c.headers {
		request.Header.Set(name, value)
	}
	request.Header.Set("Content-Type", "application/x-protobuf")
	if c.zip {
		request.Header.Set("Content-Encoding", "gzip")
	}
	answer, err := c.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxAnswer))
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return &refusedError{answer.StatusCode}
	}
	return nil
}

// refusedError is an answer other than success. The rest of the answer is not logged.
type refusedError struct{ status int }

// Error names the status.
func (e *refusedError) Error() string { return fmt.Sprintf("it answered %d", e.status) }

// passes reports whether the same request may succeed later, by the rules of OTLP.
func passes(err error) bool {
	var refused *refusedError
	if !errors.As(err, &refused) {
		return true
	}
	switch refused.status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// reason describes why an export failed, without secrets.
func reason(err error) string {
	var refused *refusedError
	var failed *url.Error
	switch {
	case errors.As(err, &refused):
		return refused.Error()
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &failed) && failed.Timeout():
		return "it did not answer in time"
	case errors.As(err, &failed):
		return "it cannot be reached: " + failed.Err.Error()
	}
	return "it cannot be reached"
}
