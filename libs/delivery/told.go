package delivery

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// teller remembers the appointment time that a recipient was told last. The ledger is
// one.
type teller interface {
	LastTold(appointmentID string, recipient domain.RecipientTag) time.Time
}

// lastTold returns the time that a cancellation has to name instead of its own;
// zero for all other events. A patient who was told of Tuesday, and never of the
// move to Friday, does not know what a cancellation of Friday is about:
//
//	confirmed for Tuesday: sent
//	moved to Friday: the provider is down
//	cancelled (Friday): withdraws the move, and is all that is sent
//
// A time in the past is not named: no recipient still expects it.
func (r *run) lastTold(now time.Time) time.Time {
	e := r.note.Event
	if e.Status != domain.AppointmentCancelled {
		return time.Time{}
	}
	at := r.told.LastTold(e.AppointmentID, r.recipient)
	if at.Equal(e.Facts().Instant) || !at.After(now) {
		return time.Time{}
	}
	return at
}

// useless returns the moment from which the message is useless: the appointment's
// start. A cancellation stays useful after that for a recipient who was told a later
// time.
func (r *run) useless() time.Time {
	if r.note.LastTold.After(r.note.Event.Time) {
		return r.note.LastTold
	}
	return r.note.Event.Time
}
