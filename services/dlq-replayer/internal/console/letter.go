package console

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/query"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/view"
)

// letterPage is the page of one dead letter.
type letterPage struct {
	view.Detail
	Left            string
	AppointmentLink string
	// Story is the link to the appointment's history.
	Story    string
	Revealed bool
	// Gone is the reason why headers and payload cannot be shown.
	Gone    string
	Command string
	// CanReplay is set if a replay would accept it, CanDiscard if a discard would.
	CanReplay, CanDiscard bool
	// Member is the event's member that holds the recipient, if that can be corrected.
	Member string
}

func (c *Console) letter(w http.ResponseWriter, r *http.Request) {
	if item, ok := c.item(w, r); ok {
		c.showLetter(w, r, item, false)
	}
}

// item returns the dead letter that the path names, or answers with an error.
func (c *Console) item(w http.ResponseWriter, r *http.Request) (index.Item, bool) {
	known, ok := c.desk.Known()
	if !ok {
		c.reading(w, r)
		return index.Item{}, false
	}
	id, err := known.Index.Name(r.PathValue("id"))
	if err == nil {
		if items := known.Index.Select(index.Filter{IDs: []string{id}}); len(items) == 1 {
			return items[0], true
		}
	}
	c.say(w, r, http.StatusNotFound, message{Heading: "Not found", Text: "There is no such dead letter. Retention may have deleted it."})
	return index.Item{}, false
}

func (c *Console) showLetter(w http.ResponseWriter, r *http.Request, item index.Item, reveal bool) {
	known, _ := c.desk.Known()
	viewer := view.New(reveal)
	p := letterPage{Revealed: reveal, Story: "/letters/" + item.ID + "/story"}
	record, err := c.desk.Record(r.Context(), item)
	switch {
	case errors.Is(err, index.ErrGone):
		p.Detail, p.Gone = view.Detail{Row: viewer.Row(item)}, "Retention has deleted the record."
	case err != nil:
		p.Detail, p.Gone = view.Detail{Row: viewer.Row(item)}, "The record cannot be read now: "+err.Error()
	default:
		p.Detail = viewer.Detail(item, record)
	}
	shown := rowOf(view.New(false), item, known.Retention, c.now())
	p.Left, p.AppointmentLink = shown.Left, shown.AppointmentLink
	p.Command = query.Query{Names: []string{item.ID}}.Command("show")
	one := replay.Order{Filter: index.Filter{IDs: []string{item.ID}}, Rate: replay.DefaultRate}
	p.CanReplay = len(one.Plan(known.Index, known.Index.Ends(), known.MaxBytes).Items) == 1
	if p.CanReplay && item.Class != domain.ClassUnknownOutcome {
		p.Member = item.Channel.Member()
	}
	p.CanDiscard = len(one.PlanDiscard(known.Index, known.Index.Ends()).Items) == 1
	c.show(w, r, http.StatusOK, "letter", frame{Title: "Dead letter " + head(12, item.ID), Here: "letters", Body: p})
}

// reveal shows the recipients of a dead letter, after the audit record of it is
// written.
func (c *Console) reveal(w http.ResponseWriter, r *http.Request) {
	item, ok := c.item(w, r)
	if !ok {
		return
	}
	if err := c.desk.Reveal(r.Context(), visitorOf(r).who, item.ID); err != nil {
		c.say(w, r, http.StatusServiceUnavailable, message{
			Heading: "Not revealed", Text: "The audit cannot be written, so nothing is shown: " + err.Error(),
			Back: "/letters/" + url.PathEscape(item.ID), BackText: "Back to the dead letter",
		})
		return
	}
	c.showLetter(w, r, item, true)
}
