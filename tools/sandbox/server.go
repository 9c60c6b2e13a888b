package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// The timeouts are generous: a hang is scripted, not an accident.
const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 5 * time.Minute
	// relisten is how often an address that is still taken is tried again.
	relisten = 50 * time.Millisecond
)

// Server serves a sandbox on one address and can take it off the network: then
// connections are refused, which no rule can do, because a rule acts on a
// request that has already arrived.
type Server struct {
	sandbox *Sandbox
	addr    string
	mu      sync.Mutex
	http    *http.Server
	resume  *time.Timer
	closed  bool
}

// Listen serves the sandbox on addr (on loopback when it names no host) until
// Close.
func (s *Sandbox) Listen(ctx context.Context, addr string) (*Server, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("the sandbox's address %q: %w", addr, err)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, err
	}
	v := &Server{sandbox: s, addr: listener.Addr().String()}
	v.serve(listener)
	s.server.Store(v)
	return v, nil
}

// Serve is Listen until the context ends. Ready, if not nil, is called with the
// address once it listens.
func (s *Sandbox) Serve(ctx context.Context, addr string, ready func(addr string)) error {
	v, err := s.Listen(ctx, addr)
	if err != nil {
		return err
	}
	if ready != nil {
		ready(v.Addr())
	}
	<-ctx.Done()
	return v.Close()
}

// Addr returns host and port, the real port when 0 was asked for.
func (v *Server) Addr() string { return v.addr }

// URL returns the base URL for both providers' settings.
func (v *Server) URL() string { return "http://" + v.addr }

// Refuse closes the address and every connection. It comes back by itself after
// d, if d is not 0, or with Resume.
func (v *Server) Refuse(d time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	_ = v.stop()
	if d > 0 && !v.closed {
		v.resume = time.AfterFunc(d, func() { _ = v.Resume() })
	}
}

// Resume serves again, at the same address. If something else has taken it in
// between, it waits up to ten seconds for it.
func (v *Server) Resume() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.http != nil || v.closed {
		return nil
	}
	for end := time.Now().Add(10 * time.Second); ; {
		listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", v.addr)
		if err == nil {
			v.serve(listener)
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("serve the sandbox again: %w", err)
		}
		time.Sleep(relisten)
	}
}

// Close stops serving for good. The sandbox stays open.
func (v *Server) Close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.closed = true
	return v.stop()
}

// serve starts a server on the listener. The caller holds the lock or the only
// reference.
func (v *Server) serve(listener net.Listener) {
	v.http = &http.Server{Handler: v.sandbox, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout}
	go func(server *http.Server) { _ = server.Serve(listener) }(v.http)
}

// stop closes the listener and the connections. The caller holds the lock.
func (v *Server) stop() error {
	if v.resume != nil {
		v.resume.Stop()
		v.resume = nil
	}
	if v.http == nil {
		return nil
	}
	err := v.http.Close()
	v.http = nil
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
