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
	r.note = ports.Notification{Key: key, Event: t.Event, Recipient: recipient}
	if origin := t.Record.Origin(); origin.TimestampKnown(time.Now()) {
		r.note.EventTime = origin.Timestamp
	}
	r.history.recipient = recipient
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
	case superseded(origin, r.note.Event.Revision, known, now):
		return domain.Skipped(domain.SkipSuperseded), true
	case !r.note.Event.Time.After(now):
		return domain.Skipped(domain.SkipAppointmentPast), true
	case r.cfg.MaxEventAge > 0 && origin.TimestampKnown(now) && now.Sub(origin.Timestamp) > r.cfg.MaxEventAge:
		return domain.Skipped(domain.SkipEventTooOld), true
	case r.forgotten(known, origin, now):
		return domain.DeadLettered(&domain.Failure{
			Class: domain.ClassUnknownOutcome, Code: "ledger.too_old",
			Detail: "the record is older than the ledger reaches, so nobody can tell whether it was sent",
		}), true
	default:
		return domain.Outcome{}, false
	}
}

// superseded reports whether a newer event of the same appointment has been
// seen. An event that was published again stands where its newest copy does.
func superseded(o ports.Origin, revision *int64, known ports.Knowledge, now time.Time) bool {
	e := o.Version(revision, now)
	seen := [...]ports.Sighting{known.Unrevised, known.Revised}
	for _, s := range seen {
		if s.Known && s.SameKey && s.Version.PublishedAfter(e) {
			e = s.Version
		}
	}
	for _, s := range seen {
		if s.Known && !s.SameKey && s.Version.RecordedNewer(e) {
			return true
		}
	}
	return false
}

// forgotten reports whether the record may have been sent at a time of which the
// ledger knows nothing any more. A replayed dead letter whose class says that
// it was not accepted is safe all the same.
func (r *run) forgotten(known ports.Knowledge, o ports.Origin, now time.Time) bool {
	if known.State != ports.StateNone || known.Reach.IsZero() {
		return false
	}
	replay := r.task.Record.Replay
	switch {
	case replay != nil && (replay.AcceptDuplicate || replay.Class != string(domain.ClassUnknownOutcome)):
		return false
	case o.TimestampKnown(now):
		return o.Timestamp.Before(known.Reach)
	case replay != nil:
		return true // it was recorded as unknown once, and that is forgotten
	default:
		return o.Offset <= known.Seen
	}
}
