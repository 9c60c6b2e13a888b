package delivery

import (
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Dismiss ends t as Deliver would if that takes neither a slot nor a write, and reports
// whether it did. That is so when the event does not ask for the channel and the ledger
// knows no other event of the appointment, so that no note has to be left. The caller
// must know that t is not accompanied (Task.Accompanied). Dismiss does no I/O and
// returns at once.
func (d *Deliverer) Dismiss(t *Task, l ports.Ledger) bool {
	if t.Event == nil || t.Record.Replay != nil || t.Event.Requested(d.cfg.Channel) {
		return false
	}
	known := l.LookUp(domain.Key{}, t.Event.AppointmentID)
	if known.Unrevised.Known || known.Revised.Known {
		return false
	}
	outcome := domain.Skipped(domain.SkipNotRequested)
	d.tracer.Process(d.cfg.Channel, t.Record, t.Arrived).End(t.Event.AppointmentID, &outcome)
	d.observer.Finished(d.cfg.Channel, ports.Finish{Record: t.Record, Outcome: outcome, AppointmentID: t.Event.AppointmentID})
	return true
}
