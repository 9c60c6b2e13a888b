package console

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/serve"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/view"
)

func (c *Console) confirmReplay(w http.ResponseWriter, r *http.Request) { c.confirm(w, r, verbReplay) }

func (c *Console) confirmDiscard(w http.ResponseWriter, r *http.Request) {
	c.confirm(w, r, verbDiscard)
}

// confirm carries out what a preview showed, or shows the preview again with the reason
// why not.
func (c *Console) confirm(w http.ResponseWriter, r *http.Request, verb string) {
	known, ok := c.desk.Known()
	if !ok {
		c.reading(w, r)
		return
	}
	if err := r.ParseForm(); err != nil {
		c.say(w, r, http.StatusBadRequest, message{Heading: "This cannot be done", Text: "The form cannot be read."})
		return
	}
	req := c.read(r, verb)
	again := previewPage{Typed: one(req.form, "count")}
	confirmed, fault := req.confirmed()
	if fault == "" && c.begun(w, r, known, confirmed.ID) {
		return
	}
	if fault == "" && req.valid() == nil {
		fault = req.unconfirmed(len(req.plan(known, confirmed.Bounds).Items))
	}
	if fault != "" || req.valid() != nil {
		again.Fault = fault
		c.showPreview(w, r, http.StatusUnprocessableEntity, req, known, again)
		return
	}
	if err := c.carryOut(w, r, req, confirmed); err != nil {
		status := c.conflict(&again, err)
		c.showPreview(w, r, status, req, known, again)
	}
}

// begun redirects to the job that a form has already begun, and reports whether there
// is one: a form that is sent twice no longer matches the dead letters.
func (c *Console) begun(w http.ResponseWriter, r *http.Request, known serve.Known, id string) bool {
	job, ok := known.Book.Job(id)
	if ok {
		http.Redirect(w, r, c.base+"/jobs/"+url.PathEscape(job.ID), http.StatusSeeOther)
	}
	return ok
}

// confirmed returns the preview that the form confirms, or what the form lacks.
func (req request) confirmed() (serve.Confirmed, string) {
	bounds, ok := boundsOf(req.form.Get("bounds"))
	c := serve.Confirmed{ID: one(req.form, "job"), Order: req.order, Bounds: bounds, Digest: one(req.form, "digest")}
	switch {
	case !ok || !replay.ValidID(c.ID) || c.Digest == "":
		return c, "The form is not complete: look at the preview again."
	case req.order.Reason == "":
		return c, "Say why: the reason is kept in the audit."
	}
	return c, ""
}

// unconfirmed returns a fault if the number has to be typed and was not.
func (req request) unconfirmed(n int) string {
	if typed := number(req.form, "count", -1); !mustType(req.verb, n) || typed == n {
		return ""
	}
	return "Type " + strconv.Itoa(n) + " to confirm that so many are meant."
}

func (c *Console) carryOut(w http.ResponseWriter, r *http.Request, req request, confirmed serve.Confirmed) error {
	if req.verb == verbDiscard {
		done, err := c.desk.Discard(r.Context(), confirmed)
		if err != nil {
			return err
		}
		c.say(w, r, http.StatusOK, message{Heading: "Discarded", Text: view.DiscardedText(done) +
			" Nothing is deleted: retention does that. They stay in the list with the status “discarded”."})
		return nil
	}
	confirmed.Forecast, _ = c.shown.of(confirmed.ID)
	job, err := c.desk.Replay(r.Context(), confirmed)
	if err != nil {
		return err
	}
	http.Redirect(w, r, c.base+"/jobs/"+url.PathEscape(job.ID), http.StatusSeeOther)
	return nil
}

// conflict puts the reason why the action was not carried out, and the remedy, on the
// page.
func (c *Console) conflict(p *previewPage, err error) int {
	var busy *serve.BusyError
	switch {
	case errors.Is(err, serve.ErrChanged):
		p.Conflict = "Nothing was done: what matches has changed since the preview. This is how it is now; look at it and confirm again."
		return http.StatusConflict
	case errors.As(err, &busy):
		p.Conflict = "Nothing was done: " + busy.Error() + ". One job runs at a time: wait for it, or cancel it, and confirm again."
		p.Busy = busy.Job.ID
		return http.StatusConflict
	}
	p.Conflict = "It was not done: " + err.Error()
	return http.StatusServiceUnavailable
}
