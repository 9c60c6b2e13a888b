package console

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/mask"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/serve"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/view"
)

// jobPage is the page of one job.
type jobPage struct {
	replay.Job
	// Skipped, Left and Pending are counts by reason.
	Skipped, Left, Pending []view.Count
	// Done and Share are the progress, in records and in percent.
	Done, Share int
	Rate        float64
	ETA         time.Duration
	Rows        []row
	// Shown counts the rows over all pages.
	Shown    int
	Next     string
	Previous string
	Filter   string
	// Actor is the person responsible for the present run, with the reason.
	Actor replay.Resumption
	// Changes are the dead letters that did not end as foreseen; ChangeCount counts all
	// of them.
	Changes     []replay.Change
	ChangeCount int
	Conflict    string
	Fault       string
}

func (c *Console) jobs(w http.ResponseWriter, r *http.Request) {
	moment := c.moment()
	known, ok := c.desk.Known()
	if !ok {
		c.reading(w, r)
		return
	}
	pages := make([]jobPage, 0)
	for _, job := range known.Book.Jobs() {
		pages = append(pages, jobOf(job.Heard(known.Index), c.now()))
	}
	c.show(w, r, http.StatusOK, "jobs", frame{Title: "Jobs", Here: "jobs", Live: moment, Body: pages})
}

func jobOf(job replay.Job, now time.Time) jobPage {
	p := jobPage{
		Job: job, Skipped: view.Counts(job.Counts.Skipped), Left: view.Counts(job.Counts.Left), Pending: view.Counts(job.Pending()),
		Done: job.Counts.Passed(), Actor: job.Actor(),
	}
	p.Note = mask.Text(job.Note)
	if job.Total > 0 {
		p.Share = 100 * p.Done / job.Total
	}
	p.Job.Counts.Pending = job.Pending()
	p.Rate, p.ETA = job.Speed(now)
	return p
}

func (c *Console) job(w http.ResponseWriter, r *http.Request) {
	c.showJob(w, r, http.StatusOK, "", "")
}

func (c *Console) showJob(w http.ResponseWriter, r *http.Request, status int, fault, conflict string) {
	moment := c.moment()
	known, ok := c.desk.Known()
	if !ok {
		c.reading(w, r)
		return
	}
	job, ok := known.Book.Job(r.PathValue("id"))
	if !ok {
		c.say(w, r, http.StatusNotFound, message{Heading: "Not found", Text: "There is no such job, or it is too long ago.", Back: "/jobs", BackText: "All jobs"})
		return
	}
	p := jobOf(job.Heard(known.Index), c.now())
	p.Fault, p.Conflict = fault, conflict
	page := pageOf(r.URL.Query())
	items, total := known.Index.OfJob(job.ID, (page-1)*pageRows, pageRows)
	p.Changes, p.ChangeCount = job.Changes(known.Index)
	p.Shown = total
	viewer := view.New(false)
	for _, item := range items {
		p.Rows = append(p.Rows, rowOf(viewer, item, known.Retention, c.now()))
	}
	if page > 1 {
		p.Previous = "?page=" + strconv.Itoa(page-1)
	}
	if page*pageRows < total {
		p.Next = "?page=" + strconv.Itoa(page+1)
	}
	c.show(w, r, status, "job", frame{Title: "Job " + job.ID, Here: "jobs", Live: moment, Body: p})
}

// cancelJob asks for the end of the job. Replays that were sent already are not undone.
func (c *Console) cancelJob(w http.ResponseWriter, r *http.Request) {
	job, ok := c.known(w, r)
	if !ok {
		return
	}
	if !job.State.Over() {
		if err := c.desk.Cancel(r.Context(), job, visitorOf(r).who, mask.Text(one(r.PostForm, "reason"))); err != nil {
			c.showJob(w, r, http.StatusServiceUnavailable, "", "It cannot be cancelled now: "+err.Error())
			return
		}
	}
	http.Redirect(w, r, c.base+"/jobs/"+url.PathEscape(job.ID), http.StatusSeeOther)
}

// resumeJob goes on with a job that is over.
func (c *Console) resumeJob(w http.ResponseWriter, r *http.Request) {
	job, ok := c.known(w, r)
	if !ok {
		return
	}
	by := replay.Resumption{Who: visitorOf(r).who, Reason: mask.Text(one(r.PostForm, "reason"))}
	if by.Reason == "" {
		c.showJob(w, r, http.StatusUnprocessableEntity, "Say why: the reason is kept in the audit.", "")
		return
	}
	_, err := c.desk.Resume(r.Context(), job.ID, by)
	var busy *serve.BusyError
	switch {
	case err == nil:
		http.Redirect(w, r, c.base+"/jobs/"+url.PathEscape(job.ID), http.StatusSeeOther)
	case errors.As(err, &busy):
		c.showJob(w, r, http.StatusConflict, "", "Nothing was done: "+busy.Error()+". Wait for it, or cancel it, and try again.")
	default:
		c.showJob(w, r, http.StatusConflict, "", "It was not resumed: "+err.Error())
	}
}

// known returns the job that the path names and reads the form, or answers with an
// error.
func (c *Console) known(w http.ResponseWriter, r *http.Request) (replay.Job, bool) {
	known, ok := c.desk.Known()
	if !ok {
		c.reading(w, r)
		return replay.Job{}, false
	}
	job, ok := known.Book.Job(r.PathValue("id"))
	if !ok || r.ParseForm() != nil {
		c.say(w, r, http.StatusNotFound, message{Heading: "Not found", Text: "There is no such job, or it is too long ago.", Back: "/jobs", BackText: "All jobs"})
		return job, false
	}
	return job, true
}
