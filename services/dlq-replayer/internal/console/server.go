package console

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

const (
	headerTimeout = 5 * time.Second
	readTimeout   = 30 * time.Second
	// writeTimeout is longer than a preview may take; a live stream sets its own.
	writeTimeout = 2 * time.Minute
	idleTimeout  = 2 * time.Minute
	maxHeaders   = 64 << 10
)

// Server serves a handler on CONSOLE_ADDR.
type Server struct {
	addr string
	log  *zap.Logger
	http *http.Server
	done sync.WaitGroup
	// end ends the requests that would not end by themselves.
	end context.CancelFunc

	mu    sync.Mutex
	bound string
}

// NewServer returns a server for addr, "host:port"; port 0 takes any free one.
func NewServer(addr string, handler http.Handler, log *zap.Logger) *Server {
	ctx, end := context.WithCancel(context.Background())
	return &Server{addr: addr, log: log, end: end, http: &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout,
		WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaders,
		ErrorLog: zap.NewStdLog(log), BaseContext: func(net.Listener) context.Context { return ctx },
	}}
}

// Start binds the address and serves in the background. It fails when the address
// cannot be bound, and says why.
func (s *Server) Start(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("another program listens on CONSOLE_ADDR %s: stop it or set CONSOLE_ADDR to a free port", s.addr)
	}
	if err != nil {
		return fmt.Errorf("cannot listen on CONSOLE_ADDR %s: %w", s.addr, err)
	}
	s.mu.Lock()
	s.bound = listener.Addr().String()
	s.mu.Unlock()
	s.log.Info("the console is served", zap.String("console", s.Addr()))
	s.done.Go(func() {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("the console's server ended", zap.Error(err))
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

// Stop ends live streams, lets other requests end until ctx is over, and then
// closes them.
func (s *Server) Stop(ctx context.Context) error {
	s.end()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	s.done.Wait()
	return err
}
