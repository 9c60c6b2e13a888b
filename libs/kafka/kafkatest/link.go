package kafkatest

import (
	"context"
	"errors"
	"net"
	"sync"

	"github.com/twmb/franz-go/pkg/kfake"
)

// Link is a network path to the broker that tests can break. Cut breaks its
// connections. Stall stops the traffic without closing a connection, as when a process
// is stopped. Safe for concurrent use.
type Link struct {
	// Network is the network below the link.
	Network *kfake.VirtualNetwork

	mu    sync.Mutex
	isCut bool
	// forGood is set when the link will not be mended.
	forGood bool
	stalled chan struct{}
	conns   map[*connection]bool
}

var errCut = errors.New("the link is cut")

// Dial connects (kgo.Dialer).
func (l *Link) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if l.wait() {
		return nil, errCut
	}
	conn, err := l.Network.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	p := &connection{Conn: conn, link: l}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conns == nil {
		l.conns = map[*connection]bool{}
	}
	l.conns[p] = true
	return p, nil
}

// wait waits while the link is stalled and reports whether it is cut.
func (l *Link) wait() (cut bool) {
	l.mu.Lock()
	stalled := l.stalled
	l.mu.Unlock()
	if stalled != nil {
		<-stalled
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.isCut
}

// Stall stops the traffic until Mend.
func (l *Link) Stall() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stalled == nil {
		l.stalled = make(chan struct{})
	}
}

// Cut breaks all connections and refuses new ones, until Mend or for good.
func (l *Link) Cut(forGood bool) {
	l.mu.Lock()
	l.isCut, l.forGood = true, l.forGood || forGood
	var conns []*connection
	for p := range l.conns {
		conns = append(conns, p)
	}
	l.mu.Unlock()
	for _, p := range conns {
		_ = p.Close()
	}
}

// Mend ends a stall and a cut.
func (l *Link) Mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.isCut = l.forGood
	if l.stalled != nil {
		close(l.stalled)
		l.stalled = nil
	}
}

// connection is one connection over a link.
type connection struct {
	net.Conn
	link *Link
}

// Read implements net.Conn.
func (p *connection) Read(b []byte) (int, error) {
	n, err := p.Conn.Read(b)
	p.link.wait()
	return n, err
}

// Write implements net.Conn.
func (p *connection) Write(b []byte) (int, error) {
	p.link.wait()
	return p.Conn.Write(b)
}

// Close implements net.Conn.
func (p *connection) Close() error {
	p.link.mu.Lock()
	delete(p.link.conns, p)
	p.link.mu.Unlock()
	return p.Conn.Close()
}
