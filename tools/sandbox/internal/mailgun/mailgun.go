// Package mailgun answers as Mailgun's HTTP API does: sending a message and
// asking for events.
package mailgun

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/internal/exchange"
)

// Options says what the API knows of its customer. Empty values accept any.
type Options struct {
	// Key is the password of the user "api", Domain the only sending domain.
	Key, Domain string
	// Visibility is how long after its acceptance a message shows in events,
	// Retention how long it then stays (0: for ever). Both may change.
	Visibility, Retention *atomic.Int64
}

// API is the handler of everything below /v3/.
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

// ServeHTTP answers /v3/{domain}/messages and /v3/{domain}/events. The path is
// split as it stands: a doubled slash is not cleaned away here either.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	arrived := time.Now()
	domain, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v3/"), "/")
	resource, token, _ := strings.Cut(rest, "/")
	switch {
	case domain != "" && rest == "messages" && r.Method == http.MethodPost:
		a.send(w, r, domain, arrived)
	case domain != "" && resource == "events" && r.Method == http.MethodGet:
		a.events(w, r, domain, token, arrived)
	default:
		respond(w, message(http.StatusNotFound, "Not Found"))
	}
}

// objection returns the answer to a caller who may not use the domain.
func (a *API) objection(r *http.Request, domain string) *exchange.Answer {
	user, password, ok := r.BasicAuth()
	if !ok || user != "api" || a.options.Key != "" && password != a.options.Key {
		answer := a.Scripted(http.StatusUnauthorized, 0, "")
		return &answer
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
