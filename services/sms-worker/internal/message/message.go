package message

import (
	"errors"
	"fmt"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/localtime"
	"github.com/kafka-notifications/kafka-notifications/libs/messages"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/gsm"
)

// Settings are the settings that all messages share.
type Settings struct {
	// Brand is the sender's name as the patient knows it.
	Brand string
	// Texts are the texts in every language.
	Texts *messages.Set
	// Clock shows the appointment's local time.
	Clock *localtime.Clock
	// Limits are those of the sending number.
	Limits gsm.Limits
}

// Renderer writes messages. Safe for concurrent use.
type Renderer struct{ settings Settings }

// New returns a Renderer, or an error that names the wrong setting.
func New(s Settings) (*Renderer, error) {
	if err := messages.CheckBrand(s.Brand); err != nil {
		return nil, fmt.Errorf("the brand %w", err)
	}
	if s.Texts == nil || s.Clock == nil {
		return nil, errors.New("texts and a clock must be given")
	}
	return &Renderer{settings: s}, nil
}

// Render returns the text for e, in at most as many segments as its language may take.
// reference is the code that a look-up searches for and that a patient quotes.
func (r *Renderer) Render(e *domain.Event, reference string) string {
	s := &r.settings
	return s.Texts.For(e.Locale).SMS(&messages.Short{
		Status: e.Status, Brand: s.Brand, Reference: reference, At: s.Clock.Of(e),
	}, s.Limits)
}
