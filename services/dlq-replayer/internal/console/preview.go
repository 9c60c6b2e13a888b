package console

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/mask"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/query"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/serve"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/view"
)

// The two things that are done to dead letters.
const (
	verbReplay  = "replay"
	verbDiscard = "discard"
)

// typedFrom is the number of dead letters from which the number has to be typed as
// confirmation. For a discard it always has to be typed.
const typedFrom = 51

// previewRows is how many dead letters a preview lists.
const previewRows = 10

// previewPage shows what would be done, and asks for confirmation.
type previewPage struct {
	Verb   string
	Query  query.Query
	Fields url.Values
	Plan   view.Plan
	Rows   []row
	More   int
	// ID, Bounds and Digest identify the content of the preview.
	ID, Bounds, Digest string
	Rate               string
	Limit              int
	Reason, Typed      string
	// MustType is set if the number has to be typed.
	MustType bool
	// Duplicate is set if a second send can be allowed, Accepted if it is.
	Duplicate, Accepted bool
	// Replaying also discards dead letters that are being replayed.
	Replaying bool
	// Unknown is the reason why the ledgers could not be read.
	Unknown string
	// Fault is a fault in the form, Conflict the reason why the action was not carried
	// out.
	Fault, Conflict string
	Busy            string
	Command         string
	Back            string
}

// request is the request of a preview or its confirmation.
type request struct {
	verb  string
	form  url.Values
	query query.Query
	order replay.Order
	fault error
}

// read parses a form or a query string. Relative times become absolute ones, so that a
// preview and its confirmation mean the same.
func (c *Console) read(r *http.Request, verb string) request {
	v := r.URL.Query()
	if r.Method == http.MethodPost {
		v = r.PostForm
	}
	req := request{verb: verb, form: v}
	if req.fault = known(v); req.fault != nil {
		return req
	}
	if req.query, req.fault = queryOf(v); req.fault != nil {
		return req
	}
	filter, err := req.query.Filter(c.now())
	req.fault = err
	req.query.Since, req.query.Until = fixed(filter.Since), fixed(filter.Until)
	req.order = replay.Order{
		Filter: filter, Who: visitorOf(r).who, Reason: mask.Text(one(v, "reason")), Rate: replay.DefaultRate,
		Replaying: v.Get("replaying") != "",
	}
	if req.order.Limit, err = limitOf(v); err != nil {
		req.fault = cmp.Or(req.fault, err)
	}
	if s := one(v, "rate"); s != "" {
		req.order.Rate, _ = strconv.ParseFloat(s, 64) // Zero is refused.
	}
	if v.Get("accept_duplicate") != "" && len(filter.IDs) == 1 {
		req.order.AcceptDuplicate = filter.IDs[0]
	}
	if v.Get("selected") != "" && len(filter.IDs) == 0 {
		req.fault = &query.Error{Problem: "nothing is selected: tick some dead letters first"}
	}
	return req
}

func fixed(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// valid returns the error of the request as an order.
func (req request) valid() error {
	if req.verb == verbDiscard {
		return cmp.Or(req.fault, req.order.ValidDiscard())
	}
	return cmp.Or(req.fault, req.order.Valid())
}

func (req request) plan(known serve.Known, bounds map[int32]int64) replay.Plan {
	if req.verb == verbDiscard {
		return req.order.PlanDiscard(known.Index, bounds)
	}
	return req.order.Plan(known.Index, bounds, known.MaxBytes)
}

func (c *Console) previewReplay(w http.ResponseWriter, r *http.Request) { c.preview(w, r, verbReplay) }

func (c *Console) previewDiscard(w http.ResponseWriter, r *http.Request) {
	c.preview(w, r, verbDiscard)
}

func (c *Console) preview(w http.ResponseWriter, r *http.Request, verb string) {
	known, ok := c.desk.Known()
	if !ok {
		c.reading(w, r)
		return
	}
	c.showPreview(w, r, http.StatusOK, c.read(r, verb), known, previewPage{})
}

// showPreview plans the request again and shows the plan, with p's result of the last
// try.
func (c *Console) showPreview(w http.ResponseWriter, r *http.Request, status int, req request, known serve.Known, p previewPage) {
	bounds := known.Index.Ends()
	plan := replay.Plan{}
	err := req.valid()
	if err == nil {
		plan = req.plan(known, bounds)
		err = req.order.Check(plan)
	}
	if err != nil {
		c.say(w, r, http.StatusUnprocessableEntity, message{Heading: "This cannot be done", Text: err.Error()})
		return
	}
	p.Verb, p.Query, p.Fields = req.verb, req.query, fieldsOf(req)
	p.ID, p.Bounds, p.Digest = replay.NewID(c.now()), boundsText(bounds), plan.Digest()
	p.Plan = view.PlanOf(req.verb, plan)
	if req.verb == verbReplay {
		forecast, err := c.desk.Foresee(r.Context(), plan)
		if err != nil {
			p.Unknown = err.Error()
		} else {
			p.Plan = p.Plan.Foresee(forecast)
			c.shown.keep(p.ID, forecast)
		}
	}
	p.Rate, p.Limit, p.Reason = strconv.FormatFloat(req.order.Rate, 'f', -1, 64), req.order.Limit, req.order.Reason
	p.MustType = mustType(req.verb, len(plan.Items))
	p.Duplicate, p.Accepted = req.order.MayAcceptDuplicate(plan), req.order.AcceptDuplicate != ""
	p.Replaying = req.order.Replaying
	p.Command = req.command()
	p.Back = "/?" + valuesOf(req.query).Encode()
	viewer := view.New(false)
	for _, item := range plan.Items[:min(previewRows, len(plan.Items))] {
		p.Rows = append(p.Rows, rowOf(viewer, item, known.Retention, c.now()))
	}
	p.More = len(plan.Items) - len(p.Rows)
	title := "Replay"
	if req.verb == verbDiscard {
		title = "Discard"
	}
	c.show(w, r, status, "preview", frame{Title: title, Here: "letters", Body: p})
}

func mustType(verb string, n int) bool { return n > 0 && (verb == verbDiscard || n >= typedFrom) }

// fieldsOf returns the hidden fields that repeat the filter.
func fieldsOf(req request) url.Values {
	v := valuesOf(req.query)
	if len(req.query.Names) > 0 {
		v.Set("selected", "1")
	}
	return v
}

// command returns the equivalent command line.
func (req request) command() string {
	var further []string
	if req.order.Limit > 0 {
		further = append(further, "--limit", strconv.Itoa(req.order.Limit))
	}
	if req.verb == verbReplay && req.order.Rate != replay.DefaultRate {
		further = append(further, "--rate", strconv.FormatFloat(req.order.Rate, 'f', -1, 64))
	}
	if req.order.AcceptDuplicate != "" {
		further = append(further, "--accept-duplicate")
	}
	if req.order.Replaying {
		further = append(further, "--replaying")
	}
	return req.query.Command(req.verb, append(further, "--yes", "--reason", "'…'")...)
}
