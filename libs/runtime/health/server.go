package health

import (
	"context"
	"net"
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/hosts"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/httpserver"
)

// Requests and answers are small; a client that takes longer is not a probe.
const (
	readTimeout  = 10 * time.Second
	writeTimeout = 30 * time.Second
	maxHeaders   = 16 << 10
)

// Server serves a handler on HEALTH_ADDR.
type Server struct {
	*httpserver.Server
	log *zap.Logger
}

// NewServer returns a server for addr, "host:port"; port 0 takes any free one. It
// answers to addresses, to private names and to the host of addr, so that a web page
// cannot read it through a visitor's browser.
func NewServer(addr string, handler http.Handler, log *zap.Logger) *Server {
	own, _, _ := net.SplitHostPort(addr) // Start reports a malformed address
	return &Server{log: log, Server: httpserver.New(httpserver.Config{
		Setting: "HEALTH_ADDR", Addr: addr, Handler: hosts.Guard(own, handler), Read: readTimeout, Write: writeTimeout, MaxHeaders: maxHeaders,
	}, log)}
}

// Start binds the address and serves in the background. It fails if the address cannot
// be bound.
func (s *Server) Start(ctx context.Context) error {
	err := s.Server.Start(ctx)
	if err == nil {
		s.log.Info("health server listens", zap.String("address", s.Addr()))
	}
	return err
}
