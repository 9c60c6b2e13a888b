package console

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/mask"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/query"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/serve"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/view"
)

// correctPage shows a corrected replay and asks for confirmation. The recipient is in
// its form, never in an address.
type correctPage struct {
	view.Row
	Recipient, Reason string
	// Verdict is how the replay would end.
	Verdict            replay.Verdict
	ID, Bounds, Digest string
	Fault, Conflict    string
	Busy               string
	Command            string
}

// correct previews a corrected replay, and begins it once it is confirmed.
func (c *Console) correct(w http.ResponseWriter, r *http.Request) {
	item, ok := c.item(w, r)
	if !ok {
		return
	}
	if err := r.ParseForm(); err != nil {
		c.say(w, r, http.StatusBadRequest, message{Heading: "This cannot be done", Text: "The form cannot be read."})
		return
	}
	known, _ := c.desk.Known()
	order := replay.Order{
		Filter: index.Filter{IDs: []string{item.ID}}, Who: visitorOf(r).who, Reason: mask.Text(one(r.PostForm, "reason")),
		Rate: replay.DefaultRate, Corrects: true,
	}
	p := correctPage{
		Row: view.New(false).Row(item), Recipient: one(r.PostForm, "recipient"), Reason: order.Reason,
		Command: query.Query{Names: []string{item.ID}}.Command("replay", "--set-recipient", "…", "--yes", "--reason", "'…'"),
	}
	status := http.StatusOK
	if r.PostForm.Get("confirm") != "" {
		req := request{form: r.PostForm, order: order}
		confirmed, fault := req.confirmed()
		if p.Fault = fault; fault == "" {
			if status = c.correctNow(w, r, confirmed, &p); status == http.StatusSeeOther {
				return
			}
		}
	}
	bounds := known.Index.Ends()
	plan := order.Plan(known.Index, bounds, known.MaxBytes)
	p.ID, p.Bounds, p.Digest = replay.NewID(c.now()), boundsText(bounds), plan.Digest()
	correction, err := c.desk.Correct(r.Context(), plan, p.Recipient)
	if err != nil {
		c.refuseCorrection(w, r, item, err)
		return
	}
	p.Verdict = correction.Verdict
	c.show(w, r, status, "correct", frame{Title: "Correct and replay", Here: "letters", Body: p})
}

// correctNow begins the job and redirects to it, or shows on the page why not. If the
// form is sent twice, it redirects to the job that it began: the dead letter is no
// longer open then, and cannot be corrected again.
func (c *Console) correctNow(w http.ResponseWriter, r *http.Request, confirmed serve.Confirmed, p *correctPage) int {
	known, _ := c.desk.Known()
	if c.begun(w, r, known, confirmed.ID) {
		return http.StatusSeeOther
	}
	plan := confirmed.Order.Plan(known.Index, confirmed.Bounds, known.MaxBytes)
	var err error
	if confirmed.Correction, err = c.desk.Correct(r.Context(), plan, p.Recipient); err == nil {
		var job replay.Job
		if job, err = c.desk.Replay(r.Context(), confirmed); err == nil {
			http.Redirect(w, r, c.base+"/jobs/"+url.PathEscape(job.ID), http.StatusSeeOther)
			return http.StatusSeeOther
		}
	}
	var preview previewPage
	status := c.conflict(&preview, err)
	p.Conflict, p.Busy = preview.Conflict, preview.Busy
	return status
}

func (c *Console) refuseCorrection(w http.ResponseWriter, r *http.Request, item index.Item, err error) {
	text := err.Error()
	var breach *domain.Failure
	if errors.As(err, &breach) {
		text = "By the contract of events, " + item.Channel.Member() + " " + breach.Detail + "."
	}
	if errors.Is(err, replay.ErrNotOneCorrection) {
		text = "It cannot be replayed as it is now: look at its status."
	}
	c.say(w, r, http.StatusUnprocessableEntity, message{
		Heading: "This correction cannot be made", Text: text, Back: "/letters/" + item.ID, BackText: "Back to the dead letter",
	})
}
