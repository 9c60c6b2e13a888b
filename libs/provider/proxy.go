package provider

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/proxy"
)

// errProxy quotes nothing: the address of a proxy may hold a password.
var errProxy = errors.New("the proxy's address must begin with http://, https:// or socks5://")

func isSOCKS(p *url.URL) bool { return strings.HasPrefix(p.Scheme, "socks5") }

// through speaks TLS with a proxy that wants it.
func (o *opener) through(ctx context.Context, conn net.Conn, p *url.URL) (net.Conn, error) {
	switch p.Scheme {
	case "https":
		return o.secure(ctx, conn, p.Hostname())
	case "http", "socks5", "socks5h":
		return conn, nil
	}
	return nil, errProxy
}

// tunnel asks an HTTP proxy to connect to address (RFC 9110 9.3.6).
func tunnel(ctx context.Context, conn net.Conn, p *url.URL, address string) error {
	ask := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address, Header: http.Header{}}
	authorize(ask.Header, p)
	stop := context.AfterFunc(ctx, func() { endNow(conn) })
	defer stop()
	if err := ask.Write(conn); err != nil {
		return err
	}
	// Nothing follows the head: with TLS the caller speaks first.
	resp, err := http.ReadResponse(bufio.NewReader(conn), ask)
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the proxy answered %d", resp.StatusCode)
	}
	return nil
}

// authorize adds the user and password of a proxy's address.
func authorize(h http.Header, p *url.URL) {
	if u := p.User; u != nil {
		password, _ := u.Password()
		h.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(u.Username()+":"+password)))
	}
}

// socks asks a SOCKS proxy to connect to address.
func socks(ctx context.Context, conn net.Conn, p *url.URL, address string) (net.Conn, error) {
	var auth *proxy.Auth
	if u := p.User; u != nil {
		password, _ := u.Password()
		auth = &proxy.Auth{User: u.Username(), Password: password}
	}
	d, err := proxy.SOCKS5("tcp", addressOf(p), auth, dialled{conn})
	if err != nil {
		return nil, err
	}
	return d.(proxy.ContextDialer).DialContext(ctx, "tcp", address)
}

// dialled is a dialler that returns the existing connection to the proxy.
type dialled struct{ net.Conn }

// Dial implements proxy.Dialer.
func (d dialled) Dial(string, string) (net.Conn, error) { return d.Conn, nil }

// DialContext implements proxy.ContextDialer.
func (d dialled) DialContext(context.Context, string, string) (net.Conn, error) { return d.Conn, nil }
