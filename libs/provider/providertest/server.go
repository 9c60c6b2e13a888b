// Package providertest is the base of the scripted stand-ins of HTTP providers: a
// server that fails on request in every way that package fake names. Adapters are
// tested against it; each adapter's tests supply the provider's answers.
package providertest

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

// maxForm bounds the form of a request.
const maxForm = 1 << 20

// Answers are how one provider speaks. The functions are called concurrently;
// the form of the request is parsed.
type Answers struct {
	// Accept records a message. It is called before the answer is given, for each POST
	// that no fault refuses.
	Accept func(r *http.Request)
	// Usual answers as the provider does when nothing goes wrong.
	Usual http.HandlerFunc
	// Faulty answers in the provider's words for a fault that is an answer; a
	// Retry-After header is already set.
	Faulty func(w http.ResponseWriter, r *http.Request, f fake.Fault)
}

// Server is a scripted provider. It may be used concurrently.
type Server struct {
	*httptest.Server
	answers Answers

	mu       sync.Mutex
	faults   []fake.Fault
	requests int
}

// NewServer returns a server that runs until the test ends.
func NewServer(t testing.TB, answers Answers) *Server {
	s := &Server{answers: answers}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(s.handle))
	// Each request dials anew, so that a refused connection can be scripted.
	s.Config.SetKeepAlivesEnabled(false)
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// Fail makes the next request end with f; several faults hit several requests,
// in order.
func (s *Server) Fail(f fake.Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, f)
}

// Requests counts the requests that arrived.
func (s *Server) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// DialContext connects to the server, unless the next fault is a refused
// connection.
func (s *Server) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	s.mu.Lock()
	refused := len(s.faults) > 0 && s.faults[0].Kind == fake.Refused
	if refused {
		s.faults = s.faults[1:]
	}
	s.mu.Unlock()
	if refused {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

// arrive counts a request and takes its fault; nil when it has none.
func (s *Server) arrive() *fake.Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	if len(s.faults) == 0 {
		return nil
	}
	f := s.faults[0]
	s.faults = s.faults[1:]
	return &f
}

func (s *Server) handle(w http.ResponseWriter, r *http.Request) {
	fault := s.arrive()
	_ = r.ParseMultipartForm(maxForm) // Parses any form, and complains when it is not multipart.
	if r.Method == http.MethodPost && (fault == nil || fault.Accepted) {
		s.answers.Accept(r)
	}
	if fault == nil {
		s.answers.Usual(w, r)
		return
	}
	if end, known := endings()[fault.Kind]; known {
		end(w, r)
		return
	}
	if fault.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(fault.RetryAfter.Seconds())))
	}
	s.answers.Faulty(w, r, *fault)
}

// endings are the faults that do not use the provider's words.
func endings() map[fake.Kind]http.HandlerFunc {
	return map[fake.Kind]http.HandlerFunc{
		fake.Reset: func(w http.ResponseWriter, _ *http.Request) { reset(w) },
		fake.Hang: func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // net/http notices that the caller is gone only then
			<-r.Context().Done()
		},
		fake.Truncated: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "500")
			_, _ = io.WriteString(w, `{"id": "`)
		},
		fake.Redirect: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(http.StatusFound)
		},
	}
}

// reset breaks the connection without an answer.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
