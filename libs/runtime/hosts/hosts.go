// Package hosts judges host names by their text, without asking a name server: its
// answer could change between the check and the connection.
package hosts

import (
	"net"
	"net/http"
	"strings"
)

// Private reports whether host stays on this machine or in a private network:
// a loopback, private or link-local address, a name of one label (a container,
// localhost), or a name below a domain that the public name system never serves.
func Private(host string) bool {
	if ip := net.ParseIP(bare(host)); ip != nil {
		return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast()
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	last := host[strings.LastIndexByte(host, '.')+1:]
	switch last {
	case host: // one label
		return host != ""
	case "localhost", "local", "internal", "test", "svc":
		return true
	}
	return strings.HasSuffix(host, ".home.arpa")
}

// Guard answers 421 to a request that names a public host other than own. A web page
// can have its own name resolve to a private address and so make a visitor's browser
// ask this server (DNS rebinding), but the request then still carries that name.
// Addresses are let in, because a page cannot have one as its name.
func Guard(own string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if net.ParseIP(bare(host)) == nil && !Private(host) && !strings.EqualFold(host, own) {
			http.Error(w, "this server does not answer to that name", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// bare takes the brackets off an IPv6 address.
func bare(host string) string {
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}
