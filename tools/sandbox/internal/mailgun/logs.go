package mailgun

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/internal/exchange"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/journal"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// maxLogsLimit is how many rows a page of logs holds at most.
const maxLogsLimit = 100

// search is the body of a request to the Logs API.
type search struct {
	Start  string   `json:"start"`
	End    string   `json:"end"`
	Events []string `json:"events"`
	Filter struct {
		And []predicate `json:"AND"`
	} `json:"filter"`
	Pagination struct {
		Sort  string `json:"sort"`
		Token string `json:"token"`
		Limit int    `json:"limit"`
	} `json:"pagination"`

	start, end time.Time
	after      journal.Place
}

type predicate struct {
	Attribute  string `json:"attribute"`
	Comparator string `json:"comparator"`
	Values     []struct {
		Label string `json:"label"`
		Value string `json:"value"`
	} `json:"values"`
}

// logs answers POST /v1/analytics/logs. It covers the whole account, with the rows of
// all domains.
func (a *API) logs(w http.ResponseWriter, r *http.Request, arrived time.Time) {
	var q search
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxOptions)).Decode(&q)
	if err == nil {
		err = q.parse(arrived)
	}
	text, _ := json.Marshal(q)
	a.exchange.Lookup(w, r, exchange.Lookup{
		Provider: a, API: script.Logs,
		Entry: journal.Entry{
			Kind: journal.KindLookup, Channel: journal.Email, Arrived: arrived.UnixNano(),
			Domain: q.equal("domain"), MessageID: q.equal("message_id"), Query: string(text),
		},
		Answer: func(twist string) exchange.Answer {
			kept := time.Duration(a.options.Retention.Load())
			switch objection := a.keyObjection(r, a.readKey()); {
			case objection != nil:
				return *objection
			case err != nil:
				return *badRequest(err.Error())
			case kept > 0 && time.Since(q.start) > kept:
				return *badRequest("start is before the log retention of the account")
			}
			return a.logsPage(&q, twist)
		},
	})
}

// parse checks what Mailgun checks and reads times and token.
func (q *search) parse(now time.Time) (err error) {
	q.start, q.end = now.Add(-24*time.Hour), now.AddDate(1, 0, 0)
	if q.Start != "" {
		q.start, err = mail.ParseDate(q.Start)
	}
	if q.End != "" && err == nil {
		q.end, err = mail.ParseDate(q.End)
	}
	if err != nil {
		return errors.New("dates must be in RFC 2822 format")
	}
	if q.Pagination.Limit < 0 || q.Pagination.Limit > maxLogsLimit || !slices.Contains([]string{"", "timestamp:asc"}, q.Pagination.Sort) {
		return errors.New("pagination is not valid")
	}
	if q.Pagination.Limit == 0 {
		q.Pagination.Limit = maxLogsLimit
	}
	for _, p := range q.Filter.And {
		if logValues(journal.Happening{}, p.Attribute) == nil || p.Comparator != "=" || len(p.Values) == 0 {
			return errors.New("filter is not valid: " + p.Attribute + " " + p.Comparator)
		}
	}
	if token, err := base64.RawURLEncoding.DecodeString(q.Pagination.Token); err == nil {
		_ = json.Unmarshal(token, &q.after) // without a token the search begins at its start
	}
	return nil
}

// equal returns the first value that the attribute must have; empty without.
func (q *search) equal(attribute string) string {
	for _, p := range q.Filter.And {
		if p.Attribute == attribute && len(p.Values) > 0 {
			return p.Values[0].Value
		}
	}
	return ""
}

// matches reports whether the row is one that the search asks for.
func (q *search) matches(h journal.Happening) bool {
	if len(q.Events) > 0 && !slices.Contains(q.Events, eventOf(h.Turn)) {
		return false
	}
	for _, p := range q.Filter.And {
		have := logValues(h, p.Attribute)
		if !slices.ContainsFunc(have, func(v string) bool { return strings.EqualFold(v, p.Values[0].Value) }) {
			return false
		}
	}
	return true
}

// logValues returns the values of an attribute; nil if Mailgun has no such attribute.
func logValues(h journal.Happening, attribute string) []string {
	e := h.Entry
	switch attribute {
	case "domain":
		return []string{e.Domain}
	case "message_id":
		return []string{e.MessageID}
	case "event":
		return []string{eventOf(h.Turn)}
	case "severity":
		return []string{severityOf(h.Turn)}
	case "recipient", "to":
		return []string{e.Recipient}
	case "from":
		return []string{e.From}
	case "subject":
		return []string{e.Subject}
	case "tag":
		return notNil(e.Tags)
	}
	return nil
}

// found returns the rows of one page. Rows that are not visible yet are left out.
func (a *API) found(q *search) []journal.Happening {
	now := time.Now()
	until := now.Add(-time.Duration(a.options.Visibility.Load()))
	if q.end.Before(until) {
		until = q.end
	}
	c := cursor{Filters: map[string]string{"message-id": q.equal("message_id")}}
	var rows []journal.Happening
	for h := range a.candidates(c, q.start.UnixNano(), until.UnixNano()) {
		if h.Place().Compare(q.after) <= 0 || !q.matches(h) {
			continue
		}
		if rows = append(rows, h); len(rows) == q.Pagination.Limit {
			break
		}
	}
	return rows
}
