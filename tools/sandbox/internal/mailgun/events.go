package mailgun

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/internal/exchange"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/journal"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

const (
	defaultLimit = 100
	maxLimit     = 300
)

// cursor is what a paging URL carries: the query and where the page starts.
type cursor struct {
	Filters   map[string]string `json:"f,omitempty"`
	Begin     int64             `json:"b"`
	End       int64             `json:"e"`
	Descend   bool              `json:"d,omitempty"`
	Limit     int               `json:"l"`
	After     journal.Place     `json:"a,omitzero"`
	Before    journal.Place     `json:"p,omitzero"`
	Backwards bool              `json:"w,omitempty"`
}

func (a *API) events(w http.ResponseWriter, r *http.Request, domain, token string, arrived time.Time) {
	query := r.URL.Query()
	a.exchange.Lookup(w, r, exchange.Lookup{
		Provider: a, API: script.Events,
		Entry: journal.Entry{
			Kind: journal.KindLookup, Channel: journal.Email, Arrived: arrived.UnixNano(), Domain: domain,
			Recipient: query.Get("recipient"), MessageID: query.Get("message-id"), Query: r.URL.RawQuery,
		},
		Answer: func(twist string) exchange.Answer {
			if objection := a.objection(r, a.readKey(), domain); objection != nil {
				return *objection
			}
			return a.page(r, domain, token, query, twist)
		},
	})
}

func (a *API) page(r *http.Request, domain, token string, query url.Values, twist string) exchange.Answer {
	c, err := parseToken(token)
	if token == "" {
		c, err = parseQuery(query)
	}
	if err != nil {
		return *badRequest(err.Error())
	}
	items := a.items(c, domain)
	pages := paging(r, domain, c, items)
	switch {
	case twist == script.RepeatToken:
		pages["next"] = "http://" + r.Host + "/v3/" + domain + "/events/" + c.token()
	case twist == script.Withhold && len(items) > 0:
		items = items[:len(items)-1]
	}
	return jsonAnswer(http.StatusOK, map[string]any{"items": items, "paging": pages})
}

// items returns the events of one page. Events that are not visible yet, or no longer
// kept, are left out.
func (a *API) items(c cursor, domain string) []event {
	now := time.Now()
	to := min(c.End, now.Add(-time.Duration(a.options.Visibility.Load())).UnixNano())
	from := c.Begin
	if kept := a.options.Retention.Load(); kept > 0 {
		from = max(from, now.UnixNano()-kept)
	}
	items := []event{}
	for h := range a.candidates(c, from, to) {
		if !c.starts(h.Place()) || h.Entry.Domain != domain || !matchesAll(h, c.Filters) {
			continue
		}
		if items = append(items, newEvent(h)); len(items) == c.Limit {
			break
		}
	}
	if c.Backwards {
		slices.Reverse(items)
	}
	return items
}

// candidates uses the index when the query names one message.
func (a *API) candidates(c cursor, from, to int64) func(yield func(journal.Happening) bool) {
	descending := c.Descend != c.Backwards
	id := c.Filters["message-id"]
	if id == "" || strings.Contains(id, " ") {
		return a.exchange.Journal.Happened(time.Unix(0, from), time.Unix(0, to), descending)
	}
	found, _ := a.exchange.Journal.Find(journal.Email, journal.ByMessageID, id)
	var all []journal.Happening
	for _, e := range found {
		all = append(all, e.Happenings()...)
	}
	slices.SortFunc(all, func(x, y journal.Happening) int { return x.Place().Compare(y.Place()) })
	if descending {
		slices.Reverse(all)
	}
	return func(yield func(journal.Happening) bool) {
		for _, h := range all {
			if h.At() >= from && h.At() <= to && !yield(h) {
				return
			}
		}
	}
}

// starts reports whether a place lies on the page's side of its start.
func (c cursor) starts(p journal.Place) bool {
	none := journal.Place{}
	return (c.After == none || p.Compare(c.After) > 0) && (c.Before == none || p.Compare(c.Before) < 0)
}

// paging returns the four URLs, always all of them as Mailgun does: a page
// beyond the end is empty.
func paging(r *http.Request, domain string, c cursor, items []event) map[string]string {
	first, last, next, previous := c, c, c, c
	first.After, first.Before, first.Backwards = journal.Place{}, journal.Place{}, false
	last.After, last.Before, last.Backwards = journal.Place{}, journal.Place{}, true
	next.Backwards, previous.Backwards = false, true
	switch {
	case len(items) == 0 && c.Backwards:
		next = first
	case len(items) == 0:
		previous = last
	default:
		next.After, next.Before = beyond(items[len(items)-1].place, c.Descend)
		previous.After, previous.Before = beyond(items[0].place, !c.Descend)
	}
	base := "http://" + r.Host + "/v3/" + domain + "/events/"
	return map[string]string{
		"first": base + first.token(), "last": base + last.token(),
		"next": base + next.token(), "previous": base + previous.token(),
	}
}

func beyond(p journal.Place, descending bool) (after, before journal.Place) {
	if descending {
		return journal.Place{}, p
	}
	return p, journal.Place{}
}

func (c cursor) token() string {
	b, _ := json.Marshal(c)
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseToken(token string) (cursor, error) {
	var c cursor
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	return c, err
}

func parseLimit(text string) (int, bool) {
	if text == "" {
		return defaultLimit, true
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n > 0 && n <= maxLimit
}
