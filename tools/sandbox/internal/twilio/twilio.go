// Package twilio answers as Twilio's Messages resource (API 2010-04-01) does:
// creating, listing and fetching text messages.
package twilio

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/internal/exchange"
)

const prefix = "/2010-04-01/Accounts/"

// Options are the customer's data. Empty values accept any.
type Options struct {
	// AccountSID and AuthToken are the credentials, From the only sender.
	AccountSID, AuthToken, From string
	// Visibility is how long after its acceptance a message shows in the list,
	// Retention how long it is kept (0: for ever). Both may change.
	Visibility, Retention *atomic.Int64
	// Delivery is how long after its acceptance a message is delivered. It may change.
	Delivery *atomic.Int64
}

// API is the handler of everything below /2010-04-01/.
type API struct {
	options  Options
	exchange *exchange.Exchange
	// word is a reference as the workers write it, ref one of any other sender.
	word, ref *regexp.Regexp
}

// New returns the API on the exchange.
func New(o Options, x *exchange.Exchange) *API {
	return &API{options: o, exchange: x, word: regexp.MustCompile(`\b[A-Z2-7]{8}\b`), ref: regexp.MustCompile(`(?i)\bref(?:erence)?[ .:#]*([a-z0-9]{6,})`)}
}

// ServeHTTP answers the Messages resource of one account.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	arrived := time.Now()
	path, below := strings.CutPrefix(r.URL.Path, prefix)
	account, resource, _ := strings.Cut(path, "/")
	sid, one := strings.CutPrefix(strings.TrimSuffix(resource, ".json"), "Messages/")
	switch {
	case below && resource == "Messages.json" && r.Method == http.MethodPost:
		a.send(w, r, account, arrived)
	case below && resource == "Messages.json" && r.Method == http.MethodGet:
		a.list(w, r, account, arrived)
	case below && one && r.Method == http.MethodGet && !strings.Contains(sid, "/"):
		a.fetch(w, r, account, sid, arrived)
	default:
		respond(w, notFound(r))
	}
}

// objection returns the answer to a caller who may not use the account.
func (a *API) objection(r *http.Request, account string) *exchange.Answer {
	user, password, ok := r.BasicAuth()
	wrong := a.options.AccountSID != "" && user != a.options.AccountSID ||
		a.options.AuthToken != "" && password != a.options.AuthToken
	switch {
	case !ok || wrong:
		answer := failed(20003, "")
		return &answer
	case a.options.AccountSID != "" && account != a.options.AccountSID:
		answer := notFound(r)
		return &answer
	}
	return nil
}

func notFound(r *http.Request) exchange.Answer {
	return failure{20404, http.StatusNotFound, "The requested resource " + r.URL.Path + " was not found"}.answer()
}

func jsonAnswer(status int, v any) exchange.Answer {
	b, err := json.Marshal(v)
	if err != nil {
		return exchange.Answer{Status: http.StatusInternalServerError, ContentType: "text/plain", Body: []byte(err.Error())}
	}
	return exchange.Answer{Status: status, ContentType: "application/json", Body: b}
}

func respond(w http.ResponseWriter, a exchange.Answer) {
	w.Header().Set("Content-Type", a.ContentType)
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body)
}
