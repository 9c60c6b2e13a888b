package console

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"path"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/settings"
)

// Account is a name with a password; an empty name means no account.
type Account struct{ Name, Password string }

// visitor is the sender of a request.
type visitor struct {
	// who stands in the audit.
	who string
	// loggedIn is set if the request had a password.
	loggedIn, operator bool
}

type visitorKey struct{}

func visitorOf(r *http.Request) visitor {
	v, _ := r.Context().Value(visitorKey{}).(visitor)
	return v
}

// contentPolicy lets a page load nothing but the console's own files, and send
// its forms nowhere else.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guarded checks each request: its host and origin, its sender, and the sender's
// rights.
func (c *Console) guarded(next http.Handler) http.Handler {
	origin := http.NewCrossOriginProtection()
	origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.refuse(w, r, http.StatusForbidden, "Another site sent this request. Nothing was changed.")
	}))
	return headers(c.below(origin.Handler(c.authenticate(c.permit(next)))))
}

func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("X-Robots-Tag", "noindex")
		next.ServeHTTP(w, r)
	})
}

// below strips the base path, if a proxy did not. An unclean path is not found: the mux
// would redirect it to an address without the base path.
func (c *Console) below(next http.Handler) http.Handler {
	stripped := http.StripPrefix(c.base, next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := r.URL.Path
		switch {
		case !strings.HasPrefix(p, "/") || path.Clean(p) != strings.TrimSuffix(p, "/") && p != "/":
			http.NotFound(w, r)
		case c.base != "" && p == c.base:
			http.Redirect(w, r, c.base+"/", http.StatusPermanentRedirect)
		case c.base != "" && strings.HasPrefix(p, c.base+"/"):
			stripped.ServeHTTP(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// authenticate determines the sender of the request.
func (c *Console) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, code := c.visitor(r)
		switch code {
		case http.StatusOK:
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), visitorKey{}, v)))
		case http.StatusUnauthorized:
			w.Header().Set("WWW-Authenticate", `Basic realm="dead letters", charset="UTF-8"`)
			http.Error(w, "Log in.", code)
		case http.StatusTooManyRequests:
			w.Header().Set("Retry-After", "60")
			http.Error(w, "Too many failed log-ins. Try again in a minute.", code)
		default:
			http.Error(w, "Without CONSOLE_USER and CONSOLE_PASSWORD the console answers on a loopback address only.", code)
		}
	})
}

// visitor returns the sender of the request, or the status with which it is refused.
func (c *Console) visitor(r *http.Request) (visitor, int) {
	if c.cfg.Operator.Name == "" && c.cfg.Reader.Name == "" {
		// A foreign page's own name may resolve to this machine (DNS rebinding), but
		// its requests still carry that name.
		if !settings.Loopback(r.Host) {
			return visitor{}, http.StatusMisdirectedRequest
		}
		return visitor{who: "console", operator: true}, http.StatusOK
	}
	name, password, given := r.BasicAuth()
	if !given {
		return visitor{}, http.StatusUnauthorized
	}
	from, _, _ := net.SplitHostPort(r.RemoteAddr)
	if !c.attempts.take(from, c.now()) {
		return visitor{}, http.StatusTooManyRequests
	}
	// Both are always compared, so that the time reveals nothing about the names.
	operator, reader := c.cfg.Operator.is(name, password), c.cfg.Reader.is(name, password)
	if !operator && !reader {
		return visitor{}, http.StatusUnauthorized
	}
	c.attempts.giveBack(from)
	return visitor{who: name, loggedIn: true, operator: operator}, http.StatusOK
}

// is compares in a time that depends on neither name nor password.
func (a Account) is(name, password string) bool {
	return a.Name != "" && same(a.Name, name)&same(a.Password, password) == 1
}

func same(a, b string) int {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:])
}

// permit refuses changes by anyone but the operator, and all changes if the console is
// read-only. A GET changes nothing.
func (c *Console) permit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			if why := c.restriction(visitorOf(r)); why != "" {
				c.refuse(w, r, http.StatusForbidden, why)
				return
			}
			r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		}
		next.ServeHTTP(w, r)
	})
}

// maxForm bounds the size of a form.
const maxForm = 256 << 10

// restriction returns the reason why v may not make changes; empty if v may.
func (c *Console) restriction(v visitor) string {
	switch {
	case c.cfg.ReadOnly:
		return "The console is read-only (CONSOLE_READ_ONLY=true)."
	case !v.operator:
		return "You are logged in as a reader: you can look at everything that is masked, and change nothing."
	}
	return ""
}
