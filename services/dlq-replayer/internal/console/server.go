package console

import (
	"context"
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/httpserver"
)

const (
	readTimeout = 30 * time.Second
	// writeTimeout is longer than a preview may take; a live stream sets its own.
	writeTimeout = 2 * time.Minute
	maxHeaders   = 64 << 10
)

// Server serves a handler on CONSOLE_ADDR. Stop ends live streams and lets other
// requests end.
type Server struct {
	*httpserver.Server
	log *zap.Logger
}

// NewServer returns a server for addr, "host:port"; port 0 takes any free one.
func NewServer(addr string, handler http.Handler, log *zap.Logger) *Server {
	server := httpserver.New(httpserver.Config{
		Setting: "CONSOLE_ADDR", Addr: addr, Handler: handler, Read: readTimeout, Write: writeTimeout, MaxHeaders: maxHeaders,
	}, log)
	server.EndWith(context.WithCancel(context.Background()))
	return &Server{Server: server, log: log}
}

// Start binds the address and serves in the background. It fails if the address cannot
// be bound.
func (s *Server) Start(ctx context.Context) error {
	err := s.Server.Start(ctx)
	if err == nil {
		s.log.Info("the console is served", zap.String("console", s.Addr()))
	}
	return err
}
