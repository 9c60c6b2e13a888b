package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/mask"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/query"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/serve"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/view"
)

// pageRows is how many rows a page has.
const pageRows = 100

// listPage is the page of dead letters.
type listPage struct {
	Query  query.Query
	Values url.Values
	Fault  string
	Rows   []row
	// Total counts the matching dead letters, Held all in the index.
	Total, Held    int
	From, To       int
	Previous, Next string
	Facets         []facet
	Chips          []chip
	// More is set if one of the rarer filters is active.
	More bool
	// Empty and EmptyHint explain why there are no rows.
	Empty, EmptyHint string
	Warnings         []string
	Command          string
	// ReplayAll and DiscardAll are links to previews of all matching dead letters.
	ReplayAll, DiscardAll string
	Channels, Classes     []string
	Codes                 []string
	Statuses              []string
}

// row is a dead letter in the list.
type row struct {
	view.Row
	// Left is how long retention will still keep it.
	Left string
	// AppointmentLink is set if the id may be shown, and so may appear in an address.
	AppointmentLink string
}

func (c *Console) list(w http.ResponseWriter, r *http.Request) {
	moment := c.moment()
	known, ok := c.desk.Known()
	if !ok {
		c.reading(w, r)
		return
	}
	q, err := queryOf(r.URL.Query())
	p := listPage{Query: q, Values: valuesOf(q), Channels: texts(domain.Channels()), Classes: texts(domain.Classes()), Statuses: texts(append(index.Statuses(), query.AllStatuses))}
	var filter index.Filter
	if err == nil {
		filter, err = q.Filter(c.now())
	}
	if err != nil {
		p.Fault = err.Error()
		c.show(w, r, http.StatusUnprocessableEntity, "list", frame{Title: "Dead letters", Here: "letters", Body: p})
		return
	}
	filter = known.Index.Expand(filter)
	wanted, unresolved := query.Unresolved(filter)
	page := pageOf(r.URL.Query())
	found := known.Index.Page(wanted, (page-1)*pageRows, pageRows)
	p.fill(c, known, found, page)
	p.More = q.Appointment+q.Since+q.Until != "" || q.Partition != nil || q.Offset != nil
	p.Facets, p.Chips = facets(q, found), chips(q)
	p.Warnings = c.desk.Warnings()
	p.Command = q.Command("list")
	if len(p.Rows) == 0 {
		p.Empty, p.EmptyHint = nothing(found, unresolved, len(p.Chips) > 0)
	}
	c.show(w, r, http.StatusOK, "list", frame{Title: "Dead letters", Here: "letters", Live: moment, Body: p})
}

func (p *listPage) fill(c *Console, known serve.Known, found index.Page, page int) {
	p.Total, p.Held = found.Total, found.Held
	p.ReplayAll, p.DiscardAll = c.base+"/replay?"+p.Values.Encode(), c.base+"/discard?"+p.Values.Encode()
	viewer := view.New(false)
	for _, item := range found.Items {
		p.Rows = append(p.Rows, rowOf(viewer, item, known.Retention, c.now()))
	}
	if len(p.Rows) > 0 {
		p.From = (page-1)*pageRows + 1
		p.To = p.From + len(p.Rows) - 1
	}
	if page > 1 {
		p.Previous = "?" + with(p.Values, "page", strconv.Itoa(page-1)).Encode()
	}
	if p.To < p.Total && p.To > 0 {
		p.Next = "?" + with(p.Values, "page", strconv.Itoa(page+1)).Encode()
	}
	for _, g := range found.Groups {
		if code := mask.Text(g.Code); code != "" && code == g.Code && !slices.Contains(p.Codes, code) {
			p.Codes = append(p.Codes, code)
		}
	}
}

func rowOf(viewer *view.Viewer, item index.Item, retention time.Duration, now time.Time) row {
	r := row{Row: viewer.Row(item), Left: view.Left(now, item.WrittenAt, retention)}
	if item.AppointmentID != "" && r.Appointment == item.AppointmentID {
		r.AppointmentLink = "/appointments/" + url.PathEscape(item.AppointmentID)
	}
	return r
}

// nothing returns the reason why a list is empty.
func nothing(found index.Page, unresolved, filtered bool) (text, hint string) {
	switch {
	case found.Held == 0:
		return "No dead letters.", "Every event was delivered or skipped for a reason."
	case unresolved && !filtered:
		return "Nothing is left to do.", "Every dead letter has been sent, skipped or discarded."
	case unresolved:
		return "No unresolved dead letter matches.", "Status “all” looks at the others as well."
	}
	return "No dead letter matches.", ""
}

func texts[T ~string](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}

// reading shows how many of the dead letters are read.
func (c *Console) reading(w http.ResponseWriter, r *http.Request) {
	read, all := c.desk.Progress()
	text := "The dead letters are being read for the first time."
	if all > 0 {
		text = "The dead letters are being read: " + grouped(int(read)) + " of " + grouped(int(all)) + " records."
	}
	w.Header().Set("Refresh", "1")
	w.Header().Set("Retry-After", "1")
	c.say(w, r, http.StatusServiceUnavailable, message{Heading: "Reading", Text: text, Back: "/", BackText: "Look again"})
}
