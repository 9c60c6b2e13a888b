package mailgun

import (
	"encoding/json"
	"time"
)

// logsRequest is the body of a search in Mailgun's logs.
type logsRequest struct {
	Start      string     `json:"start"`
	End        string     `json:"end,omitempty"`
	Events     []string   `json:"events,omitempty"`
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

// logsQuery asks for the first page of a search. Logs cover the whole account, so the
// query names the domain.
func logsQuery(q search) logsRequest {
	r := logsRequest{Start: logsTime(q.begin), Events: q.events, Filter: logsFilter{And: []logsPredicate{equals("domain", q.domain)}}}
	if q.messageID != "" {
		r.Filter.And = append(r.Filter.And, equals("message_id", q.messageID))
	}
	if !q.end.IsZero() {
		r.End = logsTime(q.end)
	}
	r.Pagination.Sort, r.Pagination.Limit = "timestamp:asc", pageSize
	return r
}

func logsTime(t time.Time) string { return t.UTC().Truncate(time.Second).Format(time.RFC1123Z) }

func equals(attribute, value string) logsPredicate {
	return logsPredicate{Attribute: attribute, Comparator: "=", Values: []logsValue{{value, value}}}
}

// logsPage is one page of an answer.
type logsPage struct {
	rows []json.RawMessage
	next string
}

// readLogsPage reports whether body is a complete answer of the Logs API. An empty
// result must be explicit, as an empty list or null.
func readLogsPage(body []byte) (logsPage, bool) {
	var page struct {
		Items      json.RawMessage `json:"items"`
		Pagination *struct {
			Next string `json:"next"`
		} `json:"pagination"`
	}
	var rows []json.RawMessage
	if json.Unmarshal(body, &page) != nil || page.Items == nil || page.Pagination == nil || json.Unmarshal(page.Items, &rows) != nil {
		return logsPage{}, false
	}
	return logsPage{rows: rows, next: page.Pagination.Next}, true
}
