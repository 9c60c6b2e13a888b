package provider

import (
	"context"
	"net"
	"sync/atomic"
	"time"
)

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// guarded wraps what dial returns, so that every byte of a request passes the
// exchange that owns the connection.
func guarded(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &guardedConn{Conn: c}, nil
	}
}

// guardedConn asks the exchange that owns it before each write. It has the
// methods of net.Conn and no others: a ReadFrom would let bytes pass unasked.
type guardedConn struct {
	net.Conn
	// owner is the exchange of the current request; nil until the first one.
	// With HTTP/1.1 the next request begins after the last one ended.
	owner atomic.Pointer[Exchange]
}

// own makes x the owner of the connection that conn, perhaps TLS, runs on. It
// is called between taking a connection and writing to it. The bytes of a TLS
// or proxy handshake were written before and belong to no request.
func own(conn net.Conn, x *Exchange) {
	for c := conn; c != nil; {
		switch inner := c.(type) {
		case *guardedConn:
			inner.owner.Store(x)
			x.connected()
			return
		case interface{ NetConn() net.Conn }:
			c = inner.NetConn()
		default:
			// Unreachable with the connections that NewClient makes; if it ever
			// is reached, nothing may be written unguarded.
			_ = conn.Close()
			return
		}
	}
}

// Write writes b when the owner permits it at this very moment.
//
// Between the permission and the system call lie microseconds in which the
// process can be stopped; a socket offers no "write before". This is the whole
// window that is left.
func (c *guardedConn) Write(b []byte) (int, error) {
	x := c.owner.Load()
	if x == nil {
		return c.Conn.Write(b)
	}
	now := time.Now()
	if err := x.beginWrite(now, now); err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(b)
	x.endWrite(n)
	return n, err
}

// Close drops bytes that the kernel has not sent yet when the request was given
// up: a graceful close would go on delivering them after its deadline.
func (c *guardedConn) Close() error {
	if x := c.owner.Load(); x != nil && x.givenUp() {
		if tcp, ok := c.Conn.(interface{ SetLinger(sec int) error }); ok {
			_ = tcp.SetLinger(0)
		}
	}
	return c.Conn.Close()
}
