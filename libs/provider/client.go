package provider

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/nonblock"
)

// MaxBodyBytes is how much of an answer is read. No provider's answer to a single
// message is longer; a longer one counts as unreadable.
const MaxBodyBytes = 1 << 20

// idleConnTimeout stays below the keep-alive of common load balancers (60 s on
// AWS, 75 s in nginx). A connection that the provider closes first would turn
// the next request on it into an unknown outcome.
const idleConnTimeout = 30 * time.Second

// Options configure the client of one provider.
type Options struct {
	// Slots is how many requests of all kinds run at once. It bounds the
	// connections to a host, idle ones included; a request above it waits for
	// one, at the cost of its deadline. At least 1.
	Slots int
	// Timeout is the longest time that one request takes. It bounds dialling
	// and the TLS handshake, and is the TCP user timeout where the system has
	// it: the kernel gives up on unacknowledged bytes after it.
	Timeout time.Duration
	// DialContext replaces the dialler, for tests. If nil, TCP is dialled.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
	// TLS is the TLS configuration; nil is Go's default.
	TLS *tls.Config
}

// NewClient returns an HTTP client that belongs to one provider: HTTP/1.1, connections
// of its own, no redirects, no cookies, no transparent retries, bounded answers that
// are read to the end, and no first byte written after the deadline of a request's
// context. It may be used concurrently. Proxies are taken from the environment, see
// http.ProxyFromEnvironment.
func NewClient(o Options) (*http.Client, error) {
	if o.Slots < 1 {
		return nil, errors.New("provider client: slots must be at least 1")
	}
	if o.Timeout <= 0 {
		return nil, errors.New("provider client: timeout must be positive")
	}
	dial := o.DialContext
	if dial == nil {
		dial = dialTCP(o.Timeout)
	}
	opener := &opener{dial: dial, tls: o.TLS, timeout: o.Timeout}
	return &http.Client{
		Transport: &transport{lines: newPool(o.Slots, opener.open), proxy: http.ProxyFromEnvironment},
		// A redirected POST would arrive as a GET, or a second time.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// dialTCP returns a dialler whose connections give up on unacknowledged bytes
// after timeout, where the system can do that.
func dialTCP(timeout time.Duration) dialFunc {
	return nonblock.Dial(&net.Dialer{Timeout: timeout, Control: userTimeout(timeout)})
}
