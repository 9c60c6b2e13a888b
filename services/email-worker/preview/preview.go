// Package preview writes e-mails as the worker would, without sending them. It is
// public for tools that show patients' messages.
package preview

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/localtime"
	"github.com/kafka-notifications/kafka-notifications/libs/messages"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/message"
)

// Email is one message.
type Email = message.Email

// Renderer writes e-mails with a made-up domain and sender.
type Renderer struct{ renderer *message.Renderer }

// New returns a Renderer.
func New(brand string, texts *messages.Set, clock *localtime.Clock, duration time.Duration) (*Renderer, error) {
	r, err := message.New(message.Settings{
		Brand: brand, Texts: texts, Clock: clock, Duration: duration,
		Domain: "mg.clinic.example", Organizer: "no-reply@clinic.example",
	})
	if err != nil {
		return nil, err
	}
	return &Renderer{r}, nil
}

// Render writes the message for e, published at that time.
func (r *Renderer) Render(e *domain.Event, published time.Time) Email {
	return r.renderer.Render(e, published)
}

// CalendarName is the file name of the calendar file.
const CalendarName = message.CalendarName
