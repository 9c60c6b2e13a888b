package provider

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// middle is a proxy that speaks HTTP and SOCKS5 and wants a password.
type middle struct {
	address string
	// passed counts what it let pass, by how it was asked.
	forwarded, tunnelled, socks atomic.Int32
}

const pass = "user:word"

func newMiddle(t *testing.T) *middle {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	m := &middle{address: listener.Addr().String()}
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go m.serve(c)
		}
	}()
	return m
}

func (m *middle) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	in := bufio.NewReader(c)
	if first, err := in.Peek(1); err == nil && first[0] == 5 {
		m.serveSOCKS(c, in)
		return
	}
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		user, password, _ := (&http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}).BasicAuth()
		switch {
		case user+":"+password != pass:
			_, _ = io.WriteString(c, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
			return
		case r.Method == http.MethodConnect:
			m.tunnelled.Add(1)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
			join(c, in, r.Host)
			return
		}
		m.forwarded.Add(1)
		r.RequestURI = ""
		r.Header.Del("Proxy-Authorization")
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			return
		}
		_ = resp.Write(c)
	}
}

// serveSOCKS answers RFC 1928 and RFC 1929 for an IPv4 address.
func (m *middle) serveSOCKS(c net.Conn, in *bufio.Reader) {
	skip := func(n int) []byte {
		b := make([]byte, n)
		_, _ = io.ReadFull(in, b)
		return b
	}
	skip(int(skip(2)[1])) // the methods
	_, _ = c.Write([]byte{5, 2})
	user := string(skip(int(skip(2)[1])))
	if password := string(skip(int(skip(1)[0]))); user+":"+password != pass {
		return
	}
	_, _ = c.Write([]byte{1, 0})
	skip(4)
	ip := net.IP(skip(4))
	port := binary.BigEndian.Uint16(skip(2))
	m.socks.Add(1)
	_, _ = c.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	join(c, in, (&net.TCPAddr{IP: ip, Port: int(port)}).String())
}

// join copies between a connection and one to address until either ends.
func join(c net.Conn, in io.Reader, address string) {
	far, err := new(net.Dialer).DialContext(context.Background(), "tcp", address)
	if err != nil {
		return
	}
	defer func() { _ = far.Close() }()
	go func() {
		_, _ = io.Copy(far, in)
		_ = far.Close()
	}()
	_, _ = io.Copy(c, far)
}

// ask posts once by way of a proxy.
func ask(t *testing.T, server *httptest.Server, proxy string) (*Exchange, error) {
	t.Helper()
	o := Options{Slots: 1, Timeout: 10 * time.Second}
	if server.TLS != nil {
		o.TLS = server.Client().Transport.(*http.Transport).TLSClientConfig
	}
	c, err := NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	c.Transport.(*transport).proxy = func(*http.Request) (*url.URL, error) { return url.Parse(proxy) }
	ctx, x := NewExchange(t.Context())
	for range 2 { // the second one on the same connection
		var r *http.Request
		ctx, x = NewExchange(ctx)
		r, err = http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/path", strings.NewReader("body"))
		if err != nil {
			t.Fatal(err)
		}
		var resp *http.Response
		if resp, err = c.Do(r); err == nil {
			_ = resp.Body.Close()
		}
	}
	return x, err
}

func TestRequestsPassAProxy(t *testing.T) {
	var leaked atomic.Bool
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		leaked.Store(leaked.Load() || r.Header.Get("Proxy-Authorization") != "")
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write(append([]byte(r.URL.Path+" "), body...))
	})
	plain, secure := httptest.NewServer(handler), httptest.NewTLSServer(handler)
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	for _, c := range []struct {
		scheme                      string
		server                      *httptest.Server
		forwarded, tunnelled, socks int32
	}{
		{"http", plain, 2, 0, 0}, {"http", secure, 0, 1, 0}, {"socks5", plain, 0, 0, 1}, {"socks5h", secure, 0, 0, 1},
	} {
		m := newMiddle(t)
		x, err := ask(t, c.server, c.scheme+"://"+pass+"@"+m.address)
		if err != nil || string(x.Body()) != "/path body" {
			t.Errorf("%s to %s: %q, %v", c.scheme, c.server.URL, x.Body(), err)
		}
		if m.forwarded.Load() != c.forwarded || m.tunnelled.Load() != c.tunnelled || m.socks.Load() != c.socks {
			t.Errorf("%s to %s: %d forwarded, %d tunnelled, %d by SOCKS", c.scheme, c.server.URL, m.forwarded.Load(), m.tunnelled.Load(), m.socks.Load())
		}
	}
	if leaked.Load() {
		t.Error("the proxy's password reached the provider")
	}
}

// A proxy that refuses has passed nothing on.
func TestARefusalOfTheProxyIsNotInDoubt(t *testing.T) {
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	m := newMiddle(t)
	for _, address := range []string{"http://user:wrong@" + m.address, "socks5://user:wrong@" + m.address, "ftp://user:wrong@" + m.address} {
		x, err := ask(t, secure, address)
		f := x.Unanswered("p", err)
		if f == nil || f.Class != domain.ClassTransient || !f.Unreachable {
			t.Errorf("failure = %+v, want a transient one", f)
		}
		if f != nil && f.Cause != nil && strings.Contains(f.Cause.Error(), "wrong") {
			t.Errorf("the error shows the password: %v", f.Cause)
		}
	}
}
