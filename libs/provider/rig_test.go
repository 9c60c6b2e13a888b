package provider_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/provider"
)

// options are those of most tests.
func options(dial func(context.Context, string, string) (net.Conn, error)) provider.Options {
	return provider.Options{Slots: 4, Timeout: 10 * time.Second, DialContext: dial}
}

func newClient(t *testing.T, o provider.Options) *http.Client {
	t.Helper()
	c, err := provider.NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// wire is a dialler whose connections are pipes; far gets the other end.
func wire(far func(net.Conn)) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		near, other := net.Pipe()
		go far(other)
		return near, nil
	}
}

// tcp is a server on a socket.
type tcp struct {
	url         string
	connections atomic.Int32
}

// listen serves each connection by far until the test ends.
func listen(t *testing.T, far func(net.Conn)) *tcp {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	s := &tcp{url: "http://" + listener.Addr().String() + "/"}
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			s.connections.Add(1)
			go far(c)
		}
	}()
	return s
}

// answering reads requests from a connection and answers each of them; between
// is called after each request was read, and may close the connection.
func answering(answer string, between func(net.Conn, *http.Request)) func(net.Conn) {
	return func(c net.Conn) {
		defer func() { _ = c.Close() }()
		in := bufio.NewReader(c)
		for {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, r.Body)
			if between != nil {
				between(c, r)
			}
			if _, err := io.WriteString(c, answer); err != nil {
				return
			}
		}
	}
}

const accepted = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// stalled is a body whose first read waits until release is closed.
type stalled struct {
	io.Reader
	release <-chan struct{}
}

func (s stalled) Read(p []byte) (int, error) {
	<-s.release
	return s.Reader.Read(p)
}

// slowWriter stops the writing of a request until release is closed, when its
// head is in the buffer and before any of it reaches the socket.
func slowWriter(ctx context.Context, release <-chan struct{}) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { <-release }})
}

// sink counts what arrives, and reports whether the byte end was among it.
type sink struct {
	bytes atomic.Int64
	ended atomic.Bool
}

const end = 1

func (s *sink) read(far net.Conn) { _, _ = io.Copy(s, far) }

func (s *sink) Write(p []byte) (int, error) {
	s.bytes.Add(int64(len(p)))
	if bytes.IndexByte(p, end) >= 0 {
		s.ended.Store(true)
	}
	return len(p), nil
}

// post sends one request and returns its exchange.
func post(ctx context.Context, t *testing.T, c *http.Client, url string, body io.Reader) (*provider.Exchange, error) {
	t.Helper()
	ctx, x := provider.NewExchange(ctx)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return x, do(c, r)
}

// postHeader is post with a header.
func postHeader(t *testing.T, c *http.Client, url, body, header, value string) (*provider.Exchange, error) {
	t.Helper()
	ctx, x := provider.NewExchange(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return x, err
	}
	r.Header.Set(header, value)
	return x, do(c, r)
}

// pick returns one of the names at random.
func pick[V any](random *rand.Rand, of map[string]V) string {
	names := slices.Sorted(maps.Keys(of))
	return names[random.IntN(len(names))]
}

// do sends a request and forgets its answer.
func do(c *http.Client, r *http.Request) error {
	resp, err := c.Do(r)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

const text = "to=patient@clinic.example"

func textBody() io.Reader { return strings.NewReader(text) }

// lateTimer is a context whose deadline is known but whose timer has not fired:
// what a goroutine sees that runs before the timers do, after a stop of the
// process.
type lateTimer struct {
	context.Context
	deadline time.Time
}

func (c lateTimer) Deadline() (time.Time, bool) { return c.deadline, true }
