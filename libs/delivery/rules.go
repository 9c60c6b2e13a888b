package delivery

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// admit applies the rules that need no memory.
func (r *run) admit() *domain.Outcome {
	t, ch := r.task, r.d.cfg.Channel
	if t.Invalid != nil {
		return new(domain.DeadLettered(t.Invalid))
	}
	if !t.Event.Requested(ch) {
		return new(domain.Skipped(domain.SkipNotRequested))
	}
	recipient, err := t.Event.Recipient(ch)
	if err != nil {
		return new(domain.DeadLettered(domain.AsFailure(err)))
	}
	key := domain.NewKey(t.Event, ch, recipient)
	if replay := t.Record.Replay; replay != nil && replay.AcceptDuplicate {
		key = key.ForAcceptedDuplicate(replay.DeadLetterID)
	}
	r.note = ports.Notification{Key: key, Event: t.Event, Recipient: recipient}
	if origin := t.Record.Origin(); origin.TimestampKnown(time.Now()) {
		r.note.EventTime = origin.Timestamp
	}
	r.history.recipient, r.recipient = recipient, domain.NewRecipientTag(t.Event.AppointmentID, ch, recipient)
	return nil
}

// skip applies the rules that hold once no claim is in doubt.
func (r *run) skip(known *ports.Knowledge) *domain.Outcome {
	origin := r.task.Record.Origin()
	now := time.Now()
	r.note.LastTold = r.lastTold(now)
	switch {
	case r.superseded(known, now):
		return new(domain.Skipped(domain.SkipSuperseded))
	case !r.d.cfg.Allowlist.Allows(r.note.Recipient):
		return new(domain.Skipped(domain.SkipNotOnAllowlist))
	case !r.useless().After(now):
		return new(domain.Skipped(domain.SkipAppointmentPast))
	case r.d.cfg.MaxEventAge > 0 && origin.TimestampKnown(now) && now.Sub(origin.Timestamp) > r.d.cfg.MaxEventAge:
		return new(domain.Skipped(domain.SkipEventTooOld))
	case r.forgotten(known, origin, now):
		return new(domain.DeadLettered(&domain.Failure{
			Class: domain.ClassUnknownOutcome, Code: "ledger.too_old",
			Detail: "the record is older than the ledger reaches, so it is not known whether it was sent",
		}))
	default:
		return nil
	}
}

// forgotten reports whether the record may have been sent so long ago that the ledger
// no longer knows of it. A replayed dead letter whose class says that it was not
// accepted is safe even then.
func (r *run) forgotten(known *ports.Knowledge, o ports.Origin, now time.Time) bool {
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
		return true // it was once recorded as unknown, and the ledger has forgotten that
	default:
		return o.Offset <= known.Seen
	}
}
