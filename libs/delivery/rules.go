package delivery

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// admit applies the rules that need no memory.
func (r *run) admit() (domain.Outcome, bool) {
	t, ch := r.task, r.cfg.Channel
	if t.Invalid != nil {
		return domain.DeadLettered(t.Invalid), true
	}
	if !t.Event.Requested(ch) {
		return domain.Skipped(domain.SkipNotRequested), true
	}
	recipient, err := t.Event.Recipient(ch)
	if err != nil {
		return domain.DeadLettered(domain.AsFailure(err)), true
	}
	key := domain.NewKey(t.Event, ch, recipient)
	if replay := t.Record.Replay; replay != nil && replay.AcceptDuplicate {
		key = key.ForAcceptedDuplicate(replay.DeadLetterID)
	}
	r.note = ports.Notification{
		Key: key, Event: t.Event, Recipient: recipient, EventTime: t.Record.Origin().Timestamp,
	}
	return domain.Outcome{}, false
}

// remember applies the rules that need the ledger. Claims in doubt are resolved
// first: until then nobody knows what may be skipped.
func (r *run) remember() (domain.Outcome, bool, error) {
	for {
		known := r.ledger.LookUp(r.note.Key, r.note.Event.AppointmentID)
		switch {
		case known.State == ports.StateSent:
			return domain.Skipped(domain.SkipAlreadySent), true, nil
		case len(known.Others) > 0:
			if _, err := r.reconcile(known.Others[0], known.Others[0].Since); err != nil {
				return domain.Outcome{}, false, err
			}
		case known.State.InDoubt():
			o, done, err := r.resolve(known)
			if done || err != nil {
				return o, done, err
			}
		default:
			o, done := r.skip(known)
			return o, done, nil
		}
	}
}

// resolve asks about an earlier send of this key, by another owner or given up
// before.
func (r *run) resolve(known ports.Knowledge) (domain.Outcome, bool, error) {
	verdict, err := r.reconcile(known.Doubt, known.Doubt.Since)
	switch {
	case err != nil:
		return domain.Outcome{}, false, err
	case verdict.failure != nil:
		return domain.DeadLettered(verdict.failure), true, nil
	case verdict.accepted && known.Doubt.Origin.Equal(r.task.Record.Origin()):
		return domain.Sent(verdict.providerID), true, nil
	default:
		return domain.Outcome{}, false, nil // sent for another record, or not at all: look again
	}
}

func (r *run) skip(known ports.Knowledge) (domain.Outcome, bool) {
	origin := r.task.Record.Origin()
	now := time.Now()
	switch {
	case superseded(origin, r.note.Event.Revision, known.Newest):
		return domain.Skipped(domain.SkipSuperseded), true
	case !r.note.Event.Time.After(now):
		return domain.Skipped(domain.SkipAppointmentPast), true
	case r.cfg.MaxEventAge > 0 && now.Sub(origin.Timestamp) > r.cfg.MaxEventAge:
		return domain.Skipped(domain.SkipEventTooOld), true
	case r.forgotten(known, origin):
		return domain.DeadLettered(&domain.Failure{
			Class: domain.ClassUnknownOutcome, Code: "ledger.too_old",
			Detail: "the record is older than the ledger reaches, so nobody can tell whether it was sent",
		}), true
	default:
		return domain.Outcome{}, false
	}
}

// superseded tells whether a newer event of the same appointment has been seen.
// Without revisions both offset and timestamp must say so: a topic that was
// created again restarts its offsets.
func superseded(o ports.Origin, revision *int64, newest ports.Sighting) bool {
	if !newest.Known || newest.SameKey {
		return false
	}
	if revision != nil && newest.Revision != nil && *revision != *newest.Revision {
		return *revision < *newest.Revision
	}
	return o.Offset < newest.Offset && !o.Timestamp.After(newest.Timestamp)
}

// forgotten tells whether the record may have been sent at a time of which the
// ledger knows nothing any more. A replayed dead letter whose class says that
// it was not accepted is safe all the same.
func (r *run) forgotten(known ports.Knowledge, o ports.Origin) bool {
	if known.State != ports.StateNone || known.Reach.IsZero() || !o.Timestamp.Before(known.Reach) {
		return false
	}
	replay := r.task.Record.Replay
	return replay == nil || (replay.Class == string(domain.ClassUnknownOutcome) && !replay.AcceptDuplicate)
}
