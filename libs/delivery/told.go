package delivery

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// lastTold returns the time that a cancellation has to name instead of its own;
// zero for all other events. A patient who was told of Tuesday, and never of the
// move to Friday, does not know what a cancellation of Friday is about:
//
//	confirmed for Tuesday: sent
//	moved to Friday: the provider is down
//	cancelled (Friday): withdraws the move, and is all that is sent
func (r *run) lastTold() time.Time {
	e := r.note.Event
	if e.Status != domain.AppointmentCancelled {
		return time.Time{}
	}
	at := r.ledger.LastTold(e.AppointmentID, r.recipient)
	if at.Equal(e.Facts().Instant) {
		return time.Time{}
	}
	return at
}
