package mailgun

import (
	"encoding/json"
	"time"
)

// logsRequest is the body of a search in Mailgun's logs. It has no end, which
// defaults to Mailgun's own now: our clock cannot cut off the newest row.
type logsRequest struct {
	Start      string     `json:"start"`
	Events     []string   `json:"events"`
	Filter     logsFilter `json:"filter"`
	Subaccount bool       `json:"include_subaccounts"`
	Pagination struct {
		Sort  string `json:"sort"`
		Limit int    `json:"limit"`
		Token string `json:"token,omitempty"`
	} `json:"pagination"`
}

type logsFilter struct {
	And []logsPredicate `json:"AND"`
}

type logsPredicate struct {
	Attribute  string      `json:"attribute"`
	Comparator string      `json:"comparator"`
	Values     []logsValue `json:"values"`
}

// logsValue has the same text twice: Mailgun requires both.
type logsValue struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// logsQuery asks for the first page of what is known since start. Logs are the
// whole account's: the domain has to be named.
func logsQuery(start time.Time, all ...logsPredicate) logsRequest {
	q := logsRequest{
		Start:  start.UTC().Truncate(time.Second).Format(time.RFC1123Z),
		Events: []string{"accepted", "delivered", "failed", "rejected"},
		Filter: logsFilter{And: all},
	}
	q.Pagination.Sort, q.Pagination.Limit = "timestamp:asc", pageSize
	return q
}

func equals(attribute, value string) logsPredicate {
	return logsPredicate{Attribute: attribute, Comparator: "=", Values: []logsValue{{value, value}}}
}

// logsPage is one page of an answer.
type logsPage struct {
	rows []logsRow
	next string
}

// logsRow is a row of the whole account's logs.
type logsRow struct {
	row
	Domain struct {
		Name string `json:"name"`
	} `json:"domain"`
}

// readLogsPage reports whether body is a complete answer of the Logs API. "No
// rows" must be said, as an empty list or null, not guessed from a body of some
// other kind.
func readLogsPage(body []byte) (logsPage, bool) {
	var page struct {
		Items      json.RawMessage `json:"items"`
		Pagination *struct {
			Next string `json:"next"`
		} `json:"pagination"`
	}
	var rows []logsRow
	if json.Unmarshal(body, &page) != nil || page.Items == nil || page.Pagination == nil || json.Unmarshal(page.Items, &rows) != nil {
		return logsPage{}, false
	}
	return logsPage{rows: rows, next: page.Pagination.Next}, true
}
