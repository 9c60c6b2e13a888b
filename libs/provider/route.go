package provider

import (
	"cmp"
	"net"
	"net/url"

	"golang.org/x/net/http/httpguts"
)

// route is where a line leads to. Lines of the same route are alike.
type route struct {
	scheme, host string
	// proxy is the proxy's address; empty without a proxy.
	proxy string
}

func routeOf(to, proxy *url.URL) route {
	r := route{scheme: to.Scheme, host: to.Host}
	if proxy != nil {
		r.proxy = proxy.String()
	}
	return r
}

// secure reports whether TLS is spoken with the provider.
func (r route) secure() bool { return r.scheme == "https" }

// target returns the host, without its port, and the address to dial.
func (r route) target() (host, address string, err error) {
	host, err = httpguts.PunycodeHostPort(r.host)
	if err != nil {
		return "", "", err
	}
	u := &url.URL{Scheme: r.scheme, Host: host}
	return u.Hostname(), addressOf(u), nil
}

// addressOf returns what to dial for a URL. Its port may be that of its scheme.
func addressOf(u *url.URL) string {
	usual := map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), usual[u.Scheme]))
}
