// Package mailgun answers as Mailgun's HTTP API does: sending a message and
// asking for events.
package mailgun

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/internal/exchange"
)

// Options are the customer's data. Empty values accept any.
type Options struct {
	// Key is the password of the user "api", Domain the only sending domain.
	Key, Domain string
	// ReadKey, if set, is what look-ups need; Key can then only send.
	ReadKey string
	// Visibility is how long after its acceptance a message shows in events,
	// Retention how long it then stays (0: for ever). Both may change.
	Visibility, Retention *atomic.Int64
	// Delivery is how long after its acceptance a message is delivered. It may change.
	Delivery *atomic.Int64
}

// API is the handler of everything below /v3/ and of /v1/analytics/logs.
type API struct {
	options  Options
	exchange *exchange.Exchange
}

// New returns the API on the exchange.
func New(o Options, x *exchange.Exchange) *API {
	return &API{options: o, exchange: x}
}

// Scripted returns Mailgun's usual answer with the status. It has no codes.
func (a *API) Scripted(status, _ int, _ string) exchange.Answer {
	switch status {
	case http.StatusUnauthorized:
		return exchange.Answer{Status: status, ContentType: "text/plain", Body: []byte("Forbidden")}
	case http.StatusForbidden:
		return message(status, "Domain "+a.name()+" is not allowed to send: Account disabled")
	case http.StatusTooManyRequests:
		return message(status, "Domain "+a.name()+" is not allowed to send: account-requests-per-sec limit exceeded, try again after 2 seconds")
	case http.StatusBadRequest:
		return message(status, notAnAddress("to"))
	}
	return message(status, http.StatusText(status))
}

func (a *API) name() string {
	if a.options.Domain == "" {
		return "sandbox.example"
	}
	return a.options.Domain
}

// LogsPath is where the logs of the whole account are searched.
const LogsPath = "/v1/analytics/logs"

// ServeHTTP answers /v3/{domain}/messages, /v3/{domain}/events and LogsPath. The path is
// split as it stands: a doubled slash is not cleaned away here either.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	arrived := time.Now()
	domain, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v3/"), "/")
	resource, token, _ := strings.Cut(rest, "/")
	switch {
	case r.URL.Path == LogsPath && r.Method == http.MethodPost:
		a.logs(w, r, arrived)
	case domain != "" && rest == "messages" && r.Method == http.MethodPost:
		a.send(w, r, domain, arrived)
	case domain != "" && resource == "events" && r.Method == http.MethodGet:
		a.events(w, r, domain, token, arrived)
	default:
		respond(w, message(http.StatusNotFound, "Not Found"))
	}
}

// readKey is the key that look-ups need.
func (a *API) readKey() string { return cmp.Or(a.options.ReadKey, a.options.Key) }

// keyObjection returns the answer to a caller without the key; an empty one is
// any.
func (a *API) keyObjection(r *http.Request, key string) *exchange.Answer {
	user, password, ok := r.BasicAuth()
	if ok && user == "api" && (key == "" || password == key) {
		return nil
	}
	answer := a.Scripted(http.StatusUnauthorized, 0, "")
	return &answer
}

// objection returns the answer to a caller who may not use the domain.
func (a *API) objection(r *http.Request, key, domain string) *exchange.Answer {
	if answer := a.keyObjection(r, key); answer != nil {
		return answer
	}
	if a.options.Domain != "" && domain != a.options.Domain {
		answer := message(http.StatusNotFound, "Domain not found: "+domain)
		return &answer
	}
	return nil
}

func message(status int, text string) exchange.Answer {
	return jsonAnswer(status, struct {
		Message string `json:"message"`
	}{text})
}

func jsonAnswer(status int, v any) exchange.Answer {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return exchange.Answer{Status: http.StatusInternalServerError, ContentType: "text/plain", Body: []byte(err.Error())}
	}
	return exchange.Answer{Status: status, ContentType: "application/json", Body: []byte(b.String())}
}

func notAnAddress(field string) string {
	return fmt.Sprintf("'%s' parameter is not a valid address. please check documentation", field)
}

func respond(w http.ResponseWriter, a exchange.Answer) {
	w.Header().Set("Content-Type", a.ContentType)
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body)
}
