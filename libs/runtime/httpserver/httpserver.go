// Package httpserver serves HTTP on an address that is a setting.
package httpserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"go.uber.org/zap"
)

// Limits on slow clients.
const (
	headerTimeout = 5 * time.Second
	idleTimeout   = 2 * time.Minute
)

// Config holds the parameters in which servers differ.
type Config struct {
	// Setting is the setting's name, as errors name it.
	Setting string
	// Addr is "host:port"; port 0 takes any free one.
	Addr    string
	Handler http.Handler
	// Read and Write limit how long a request may take to arrive and its answer
	// to leave, in all.
	Read, Write time.Duration
	// MaxHeaders limits a request's headers, in bytes.
	MaxHeaders int
}

// Server serves a handler on an address. Its methods may be called concurrently.
type Server struct {
	cfg  Config
	log  *zap.Logger
	http *http.Server
	done sync.WaitGroup

	mu    sync.Mutex
	bound string
}

// New returns a server. Call Start.
func New(cfg Config, log *zap.Logger) *Server {
	return &Server{cfg: cfg, log: log, http: &http.Server{
		Handler: cfg.Handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: cfg.Read,
		WriteTimeout: cfg.Write, IdleTimeout: idleTimeout, MaxHeaderBytes: cfg.MaxHeaders,
		ErrorLog: zap.NewStdLog(log),
	}}
}

// EndWith calls end when Stop begins, and derives the context of all requests from ctx,
// to end live streams, which would not end by themselves. Call it before Start.
func (s *Server) EndWith(ctx context.Context, end context.CancelFunc) {
	s.http.BaseContext = func(net.Listener) context.Context { return ctx }
	s.http.RegisterOnShutdown(end)
}

// Start binds the address and serves in the background. It fails if the address cannot
// be bound.
func (s *Server) Start(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.cfg.Addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("another program listens on %[1]s %[2]s: stop it or set %[1]s to a free port", s.cfg.Setting, s.cfg.Addr)
	}
	if err != nil {
		return fmt.Errorf("cannot listen on %s %s: %w", s.cfg.Setting, s.cfg.Addr, err)
	}
	s.mu.Lock()
	s.bound = listener.Addr().String()
	s.mu.Unlock()
	s.done.Go(func() {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("the server ended", zap.String("setting", s.cfg.Setting), zap.Error(err))
		}
	})
	return nil
}

// Addr returns the address that is bound; empty before Start.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bound
}

// Stop lets running requests end until ctx is over, then closes them.
func (s *Server) Stop(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	s.done.Wait()
	return err
}
