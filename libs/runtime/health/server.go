package health

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

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/hosts"
)

// Requests and answers are small; a client that takes longer is not a probe.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 10 * time.Second
	writeTimeout  = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeaders    = 16 << 10
)

// Server serves a handler on HEALTH_ADDR.
type Server struct {
	addr string
	log  *zap.Logger
	http *http.Server
	done sync.WaitGroup

	mu    sync.Mutex
	bound string
}

// NewServer returns a server for addr, "host:port"; port 0 takes any free one. It
// answers to addresses, to private names and to the host of addr, so that no web
// page can read it through a visitor's browser.
func NewServer(addr string, handler http.Handler, log *zap.Logger) *Server {
	own, _, _ := net.SplitHostPort(addr) // Start says what is wrong with it.
	return &Server{addr: addr, log: log, http: &http.Server{
		Handler: hosts.Guard(own, handler), ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout,
		WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaders,
		ErrorLog: zap.NewStdLog(log),
	}}
}

// Start binds the address and serves in the background. It fails when the
// address cannot be bound, and says why.
func (s *Server) Start(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("another program listens on HEALTH_ADDR %s: stop it or set HEALTH_ADDR to a free port", s.addr)
	}
	if err != nil {
		return fmt.Errorf("cannot listen on HEALTH_ADDR %s: %w", s.addr, err)
	}
	s.mu.Lock()
	s.bound = listener.Addr().String()
	s.mu.Unlock()
	s.log.Info("health server listens", zap.String("address", s.Addr()))
	s.done.Go(func() {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("health server ended", zap.Error(err))
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
