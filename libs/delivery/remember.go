package delivery

import (
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// remember applies the rules that need the ledger. Claims in doubt are resolved first:
// until then it is unknown whether the event may be skipped.
func (r *run) remember() (*domain.Outcome, error) {
	for {
		known := r.ledger.LookUp(r.note.Key, r.note.Event.AppointmentID)
		switch {
		case known.State == ports.StateSent:
			r.checkRevision(&known)
			return new(domain.Skipped(domain.SkipAlreadySent)), nil
		case len(known.Others) > 0:
			if _, err := r.reconcile(known.Others[0], known.Others[0].Since); err != nil {
				return nil, err
			}
		case known.State.InDoubt():
			if o, err := r.resolve(&known); o != nil || err != nil {
				return o, err
			}
		default:
			return r.skip(&known), nil
		}
	}
}

// resolve asks about an earlier send of this key, by another owner or given up
// before.
func (r *run) resolve(known *ports.Knowledge) (*domain.Outcome, error) {
	verdict, err := r.reconcile(known.Doubt, known.Doubt.Since)
	switch {
	case err != nil:
		return nil, err
	case verdict.failure != nil:
		return new(domain.DeadLettered(verdict.failure)), nil
	case verdict.accepted && known.Doubt.Origin.Equal(r.task.Record.Origin()):
		return new(domain.Sent(verdict.providerID)), nil
	default:
		return nil, nil // sent for another record, or not at all: look again
	}
}
