package console

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/history"
	"github.com/kafka-notifications/kafka-notifications/libs/mask"
)

// storyTimeout bounds how long the topics may be read for one appointment.
const storyTimeout = 30 * time.Second

// storiesAtOnce is how many histories are read at the same time: each reads whole
// partitions.
const storiesAtOnce = 2

// Stories reads what became of appointments. Safe for concurrent use.
type Stories struct {
	read  func(ctx context.Context, id string) (*history.Appointment, error)
	slots chan struct{}
}

// NewStories returns stories that are read with read.
func NewStories(read func(ctx context.Context, id string) (*history.Appointment, error)) *Stories {
	return &Stories{read: read, slots: make(chan struct{}, storiesAtOnce)}
}

// Of returns the history of an appointment.
func (s *Stories) Of(ctx context.Context, id string) (*history.Appointment, error) {
	ctx, cancel := context.WithTimeout(ctx, storyTimeout)
	defer cancel()
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return s.read(ctx, id)
}

// appointmentPage is the page of one appointment.
type appointmentPage struct {
	// ID is masked.
	ID    string
	Found bool
	// Problem is the reason why the history could not be read, or empty.
	Problem  string
	Channels []channelStory
	Timeline []happening
	Missing  []string
	All      bool
}

// findAppointment turns the search field into an address. It rejects ids that browsers
// and proxies would change when they clean the path.
func (c *Console) findAppointment(w http.ResponseWriter, r *http.Request) {
	id := one(r.URL.Query(), "id")
	if id == "" {
		c.say(w, r, http.StatusUnprocessableEntity, message{Heading: "Which appointment?", Text: "Give the appointment's id. Recipients are not searched."})
		return
	}
	if id == "." || id == ".." || strings.Contains(id, "/") {
		c.tell(w, r, id, mask.Identifier(id))
		return
	}
	http.Redirect(w, r, c.base+"/appointments/"+url.PathEscape(id), http.StatusSeeOther)
}

func (c *Console) appointment(w http.ResponseWriter, r *http.Request) {
	c.tell(w, r, clip(r.PathValue("id")), mask.Identifier(clip(r.PathValue("id"))))
}

// letterStory shows the history of a dead letter's appointment, whose id itself may not
// be shown.
func (c *Console) letterStory(w http.ResponseWriter, r *http.Request) {
	item, ok := c.item(w, r)
	if !ok {
		return
	}
	shown := mask.Identifier(item.AppointmentID)
	if item.PersonalAppointment {
		shown = "***"
	}
	c.tell(w, r, item.AppointmentID, shown)
}

func (c *Console) tell(w http.ResponseWriter, r *http.Request, id, shown string) {
	p := appointmentPage{ID: shown}
	status := http.StatusOK
	var a *history.Appointment
	err := c.desk.Ready() // fail at once while Kafka is away
	if err == nil {
		a, err = c.stories.Of(r.Context(), id)
	}
	if err != nil {
		status, p.Problem = http.StatusServiceUnavailable, "The topics could not be read: "+err.Error()
	} else {
		p.Found, p.Missing, p.All = !a.Empty(), a.Missing, a.AllPartitions
		p.Channels, p.Timeline = channelStories(a), timeline(a)
	}
	c.show(w, r, status, "appointment", frame{Title: "Appointment " + shown, Here: "appointments", Body: p})
}
