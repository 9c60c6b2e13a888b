package provider

import (
	"context"
	"crypto/tls"
	"net"
	"net/url"
	"time"
)

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// opener opens lines.
type opener struct {
	dial    dialFunc
	tls     *tls.Config
	timeout time.Duration
}

// open opens a line to r. The bytes that are written meanwhile belong to no request.
func (o *opener) open(ctx context.Context, r route) (*line, error) {
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	host, address, err := r.target()
	if err != nil {
		return nil, err
	}
	var proxy *url.URL
	first := address
	if r.proxy != "" {
		if proxy, err = url.Parse(r.proxy); err != nil {
			return nil, errProxy
		}
		first = addressOf(proxy)
	}
	conn, err := o.dial(ctx, "tcp", first)
	if err != nil {
		return nil, err
	}
	socket := guard(conn)
	l, err := o.over(ctx, socket, r, proxy, host, address)
	if err != nil {
		_ = socket.Close()
	}
	return l, err
}

// over makes a line of a socket that is connected to the provider or its proxy.
func (o *opener) over(ctx context.Context, socket *guardedConn, r route, proxy *url.URL, host, address string) (*line, error) {
	conn, forward, err := net.Conn(socket), (*url.URL)(nil), error(nil)
	if proxy != nil {
		conn, err = o.through(ctx, conn, proxy)
		switch {
		case err != nil:
		case isSOCKS(proxy):
			conn, err = socks(ctx, conn, proxy, address)
		case r.secure():
			err = tunnel(ctx, conn, proxy, address)
		default:
			forward = proxy
		}
	}
	if err == nil && r.secure() {
		conn, err = o.secure(ctx, conn, host)
	}
	if err != nil {
		return nil, err
	}
	return newLine(r, conn, socket, forward), nil
}

// secure speaks TLS with host.
func (o *opener) secure(ctx context.Context, conn net.Conn, host string) (net.Conn, error) {
	cfg := o.tls.Clone()
	if cfg == nil {
		cfg = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if cfg.ServerName == "" {
		cfg.ServerName = host
	}
	// HTTP/2 would put many requests on one connection, but a guardedConn has a single
	// owner.
	cfg.NextProtos = []string{"http/1.1"}
	c := tls.Client(conn, cfg)
	return c, c.HandshakeContext(ctx)
}
