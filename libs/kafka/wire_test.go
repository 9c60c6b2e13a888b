package kafka

import (
	"context"
	"errors"
	"net"
	"sync"

	"github.com/twmb/franz-go/pkg/kfake"
)

// cable is a worker's way to the broker. It can be cut and mended.
type cable struct {
	network *kfake.VirtualNetwork

	mu    sync.Mutex
	isCut bool
	conns map[*plug]bool
}

var errCut = errors.New("the cable is cut")

func (c *cable) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c.mu.Lock()
	cut := c.isCut
	c.mu.Unlock()
	if cut {
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

func (c *cable) cut() {
	c.mu.Lock()
	c.isCut = true
	var conns []*plug
	for p := range c.conns {
		conns = append(conns, p)
	}
	c.mu.Unlock()
	for _, p := range conns {
		_ = p.Close()
	}
}

func (c *cable) mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.isCut = false
}

// plug is one connection over a cable.
type plug struct {
	net.Conn
	cable *cable
}

func (p *plug) Close() error {
	p.cable.mu.Lock()
	delete(p.cable.conns, p)
	p.cable.mu.Unlock()
	return p.Conn.Close()
}
