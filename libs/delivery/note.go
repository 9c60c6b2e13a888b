package delivery

import (
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// leaveNote leaves a record of an event that ends without a claim, where a later
// replay of an older event of its appointment must know of it:
//
//	a booking is dead-lettered for its address, before any claim
//	the cancellation comes and asks for no message: without a note nothing knows of it
//	the booking is replayed with a corrected address   → sent, although cancelled
func (r *run) leaveNote(o *domain.Outcome) error {
	if !r.noteworthy(o) {
		return nil
	}
	e := r.task.Event
	c := ports.Claim{
		Key: r.note.Key, AppointmentID: e.AppointmentID, Origin: r.task.Record.Origin(),
		Revision: e.Revision, Facts: e.Facts(),
	}
	span := r.step(ports.StepNote)
	err := r.ledger.Note(c, reason(o))
	span.End(failureOf(err))
	return err
}

// reason is why an event ended, in one word.
func reason(o *domain.Outcome) string {
	if o.Failure != nil {
		return o.Failure.Code
	}
	return string(o.Reason)
}

// noteworthy reports whether an outcome needs a note. A claim has told the ledger
// everything that a note would, except that its event was withdrawn. An event that was
// read whole and is the only one of its appointment outdates no other.
func (r *run) noteworthy(o *domain.Outcome) bool {
	switch {
	case r.task.Event == nil || o.Status == domain.StatusSent:
		return false
	case o.Reason == domain.SkipSuperseded:
		return true
	case r.recorded:
		return false
	case o.Status == domain.StatusDeadLettered || r.task.Followed || r.task.Accompanied != nil && r.task.Accompanied():
		return true
	}
	known := r.ledger.LookUp(r.note.Key, r.task.Event.AppointmentID)
	return known.Unrevised.Known && !known.Unrevised.SameKey || known.Revised.Known && !known.Revised.SameKey
}
