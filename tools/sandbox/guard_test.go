package sandbox_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
)

func TestAWebPageCannotReachTheFaultScript(t *testing.T) {
	s := open(t, sandbox.Options{})
	for host, want := range map[string]bool{
		"attacker.example:8025": false, "127.0.0.1.attacker.example": false, "localhost.attacker.example": false, "": false,
		"127.0.0.1:8025": true, "localhost:8025": true, "sandbox:8025": true, "[::1]:8025": true,
	} {
		for _, path := range []string{"/_sandbox/rules", "/", "/v3/mg.example/events"} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Host = host
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if answered := w.Code != http.StatusMisdirectedRequest; answered != want {
				t.Errorf("%s of host %q is answered: %t", path, host, answered)
			}
		}
	}
}

// A body that never ends must not hold a connection for ever; a scripted hang
// must, although its request's body took a while.
func TestABodyArrivesInTimeOrNotAtAll(t *testing.T) {
	for what, c := range map[string]struct {
		rest string
		hang time.Duration
		// gone is when the sandbox hangs up.
		least, most time.Duration
	}{
		"half a body":  {"", 0, 25 * time.Second, 40 * time.Second},
		"a whole body": {"=b&Body=hello", 10 * time.Minute, 10 * time.Minute, 11 * time.Minute},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, err := sandbox.New(sandbox.Options{})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := s.Script(sandbox.Rule{Action: sandbox.Action{Type: "hang", Max: c.hang}}); err != nil {
					t.Fatal(err)
				}
				client, server := net.Pipe()
				serving := &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
				go func() { _ = serving.Serve(&once{conn: server}) }()
				begin := time.Now()
				head := "POST /2010-04-01/Accounts/AC0/Messages.json HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 14\r\n\r\n"
				if _, err := io.WriteString(client, head+"a"+c.rest); err != nil {
					t.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, bufio.NewReader(client))
				if took := time.Since(begin); took < c.least || took > c.most {
					t.Errorf("the sandbox hung up after %s", took)
				}
				_ = client.Close()
				_ = serving.Close()
				_ = s.Close()
			})
		})
	}
}

// once is a listener with one connection.
type once struct {
	conn net.Conn
	done bool
}

func (l *once) Accept() (net.Conn, error) {
	if l.done {
		return nil, net.ErrClosed
	}
	l.done = true
	return l.conn, nil
}

func (*once) Close() error   { return nil }
func (*once) Addr() net.Addr { return &net.TCPAddr{} }
