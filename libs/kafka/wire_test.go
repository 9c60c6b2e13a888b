package kafka

import (
	"context"
	"errors"
	"net"
	"sync"

	"github.com/twmb/franz-go/pkg/kfake"
)

// cable is a worker's way to the broker. Cut, its connections break; stalled,
// nothing passes and nobody notices, as when the process is stopped.
type cable struct {
	network *kfake.VirtualNetwork

	mu    sync.Mutex
	isCut bool
	// forGood is set when it will not be mended.
	forGood bool
	stalled chan struct{}
	conns   map[*plug]bool
}

var errCut = errors.New("the cable is cut")

func (c *cable) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if c.wait() {
		return nil, errCut
	}
	conn, err := c.network.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	p := &plug{Conn: conn, cable: c}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conns == nil {
		c.conns = map[*plug]bool{}
	}
	c.conns[p] = true
	return p, nil
}

// wait waits while the cable is stalled and tells whether it is cut.
func (c *cable) wait() (cut bool) {
	c.mu.Lock()
	stalled := c.stalled
	c.mu.Unlock()
	if stalled != nil {
		<-stalled
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.isCut
}

func (c *cable) stall() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stalled == nil {
		c.stalled = make(chan struct{})
	}
}

func (c *cable) cut(forGood bool) {
	c.mu.Lock()
	c.isCut, c.forGood = true, c.forGood || forGood
	var conns []*plug
	for p := range c.conns {
		conns = append(conns, p)
	}
	c.mu.Unlock()
	for _, p := range conns {
		_ = p.Close()
	}
}

// mend ends a stall and a cut.
func (c *cable) mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.isCut = c.forGood
	if c.stalled != nil {
		close(c.stalled)
		c.stalled = nil
	}
}

// plug is one connection over a cable.
type plug struct {
	net.Conn
	cable *cable
}

func (p *plug) Read(b []byte) (int, error) {
	n, err := p.Conn.Read(b)
	p.cable.wait()
	return n, err
}

func (p *plug) Write(b []byte) (int, error) {
	p.cable.wait()
	return p.Conn.Write(b)
}

func (p *plug) Close() error {
	p.cable.mu.Lock()
	delete(p.cable.conns, p)
	p.cable.mu.Unlock()
	return p.Conn.Close()
}
