package provider

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"time"
)

// MaxBodyBytes is how much of an answer is read. No provider answers with more
// to a single message; a longer answer counts as unreadable.
const MaxBodyBytes = 1 << 20

// idleConnTimeout stays below the keep-alive of common load balancers (60 s on
// AWS, 75 s in nginx). A connection that the provider closes first would turn
// the next request on it into an unknown outcome.
const idleConnTimeout = 30 * time.Second

// writeBufferBytes holds one whole request of usual size, so that it reaches
// the socket in one write and is not cut in two by a deadline.
const writeBufferBytes = 16 << 10

// maxHeaderBytes bounds the headers of an answer.
const maxHeaderBytes = 64 << 10

// Options configure the client of one provider.
type Options struct {
	// Slots is how many requests of all kinds run at once. It bounds the
	// connections, idle ones included; a request above it waits for one, at the
	// cost of its deadline. At least 1.
	Slots int
	// Timeout is the longest time that one request takes. It bounds dialling
	// and the TLS handshake, and is the TCP user timeout where the system has
	// it: the kernel gives up on unacknowledged bytes after it.
	Timeout time.Duration
	// DialContext replaces the dialler, for tests. A nil one dials TCP.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
	// TLS is the TLS configuration; nil is Go's default.
	TLS *tls.Config
}

// NewClient returns an HTTP client that belongs to one provider: HTTP/1.1, own
// connections, no redirects, no cookies, no transparent replays, bounded
// answers that are read to the end, and no first byte after the deadline of a
// request's context. It may be used concurrently. Proxies are taken from the
// environment.
func NewClient(o Options) (*http.Client, error) {
	if o.Slots < 1 {
		return nil, errors.New("provider client: slots must be at least 1")
	}
	if o.Timeout <= 0 {
		return nil, errors.New("provider client: timeout must be positive")
	}
	return &http.Client{
		Transport: &transport{base: newBase(o)},
		// A redirected POST would arrive as a GET, or a second time.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// newBase returns the net/http transport below the guard.
func newBase(o Options) *http.Transport {
	dial := o.DialContext
	if dial == nil {
		dial = dialTCP(o.Timeout)
	}
	// HTTP/2 would put many requests on one connection; the guard knows a
	// single owner.
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            guarded(dial),
		TLSClientConfig:        o.TLS,
		Protocols:              &protocols,
		MaxConnsPerHost:        o.Slots,
		MaxIdleConnsPerHost:    o.Slots,
		IdleConnTimeout:        idleConnTimeout,
		TLSHandshakeTimeout:    o.Timeout,
		WriteBufferSize:        writeBufferBytes,
		MaxResponseHeaderBytes: maxHeaderBytes,
		DisableCompression:     true,
	}
}

// dialTCP returns a dialler whose connections give up on unacknowledged bytes
// after timeout, where the system can do that.
func dialTCP(timeout time.Duration) dialFunc {
	d := &net.Dialer{Timeout: timeout, Control: userTimeout(timeout)}
	return d.DialContext
}
