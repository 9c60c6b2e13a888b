package provider_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
)

// gathering is a connection that writes what is written to it in one piece.
type gathering struct {
	net.Conn
	open bool
	held []byte
}

func (g *gathering) Write(b []byte) (int, error) {
	if !g.open {
		return g.Conn.Write(b)
	}
	g.held = append(g.held, b...)
	return len(b), nil
}

func (g *gathering) flush() {
	g.open = false
	_, _ = g.Conn.Write(g.held)
	g.held = nil
}

// repeating echoes each request and at once sends a second, unrequested answer. With
// TLS the two are records of their own.
func repeating(c net.Conn, secure *tls.Config) {
	defer func() { _ = c.Close() }()
	g := &gathering{Conn: c}
	conn := net.Conn(g)
	if secure != nil {
		over := tls.Server(g, secure)
		if over.Handshake() != nil {
			return
		}
		conn = over
	}
	in := bufio.NewReader(conn)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		asked, _ := io.ReadAll(r.Body)
		g.open = true
		for _, answer := range []string{string(asked), "nobody"} {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: "+strconv.Itoa(len(answer))+"\r\n\r\n"+answer)
		}
		g.flush()
	}
}

// An unrequested answer must not be taken for the next request's.
func TestAnAnswerThatNobodyAskedForIsNobodys(t *testing.T) {
	trusted := httptest.NewTLSServer(nil)
	defer trusted.Close()
	roots := trusted.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	for scheme, secure := range map[string]*tls.Config{"http": nil, "https": {Certificates: trusted.TLS.Certificates}} {
		t.Run(scheme, func(t *testing.T) {
			o := options(nil)
			o.TLS = &tls.Config{RootCAs: roots}
			l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = l.Close() }()
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					go repeating(c, secure)
				}
			}()
			c := newClient(t, o)
			for n := range 20 {
				asked := strconv.Itoa(n)
				x, err := post(t.Context(), t, c, scheme+"://"+l.Addr().String(), strings.NewReader(asked))
				if err != nil || string(x.Body()) != asked {
					t.Fatalf("%s was answered with %q (%v)", asked, x.Body(), err)
				}
			}
		})
	}
}
