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

// Account is a name with a password; without a name there is none.
type Account struct{ Name, Password string }

// visitor is who sent a request.
type visitor struct {
	// who stands in the audit.
	who string
	// loggedIn is set when there was a password.
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

// guarded lets a request through one check after another: what it came from, who
// sent it, and what that one may do.
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

// below takes the base path away, if a proxy left it there. A path that is not
// clean is not found: the mux would answer it with an address of its own making.
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

// authenticate finds out who sent the request.
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

// visitor returns who sent the request, or the status of its refusal.
func (c *Console) visitor(r *http.Request) (visitor, int) {
	if c.cfg.Operator.Name == "" && c.cfg.Reader.Name == "" {
		// A page elsewhere may have its own name resolve to this machine. Its
		// requests still carry that name.
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
	// Both are always compared, so that the time tells nothing of the names.
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

// permit lets only the operator change something, and nobody while the console is
// read-only. No GET changes anything.
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

// maxForm bounds what a form may hold.
const maxForm = 256 << 10

// restriction is why v may change nothing; empty when v may.
func (c *Console) restriction(v visitor) string {
	switch {
	case c.cfg.ReadOnly:
		return "The console is read-only (CONSOLE_READ_ONLY=true)."
	case !v.operator:
		return "You are logged in as a reader: you can look at everything that is masked, and change nothing."
	}
	return ""
}
