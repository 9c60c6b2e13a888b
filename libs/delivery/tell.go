package delivery

import (
	"context"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// tell publishes the outcome. Events that do not ask for the channel are not published
// on it.
func (r *run) tell(ctx context.Context, o domain.Outcome) error {
	if r.d.deps.Outcomes == nil || o.Reason == domain.SkipNotRequested {
		return nil
	}
	span := r.step(ports.StepOutcome)
	err := r.d.deps.Outcomes.Tell(ctx, r.asTold(o, span))
	span.End(failureOf(err))
	return err
}

// asTold is o as it is told, in span.
func (r *run) asTold(o domain.Outcome, span ports.TraceSpan) ports.Conclusion {
	return ports.Conclusion{
		Record: r.task.Record, Event: r.task.Event, Channel: r.d.cfg.Channel,
		Outcome: o, At: time.Now(), Trace: span.Context(),
	}
}

// own returns the outcome as that of the event, whichever of its deliveries this
// is:
//
//	we: send K, the ledger has `sent`     … kill -9 before the outcome is told …
//	new owner: the record again, K was sent already
//
// Published as already_sent it would look like the duplicate of another event: no
// outcome would ever say that this event was sent, and a replay job would count a
// message as skipped that it had sent. The ledger knows which record the message was
// sent for.
func (r *run) own(o *domain.Outcome) domain.Outcome {
	if o.Failure != nil && o.Failure.Class == domain.ClassUnknownOutcome {
		named := *o
		named.ProviderID = r.suspect()
		return named
	}
	if o.Reason != domain.SkipAlreadySent {
		return *o
	}
	a := r.ledger.LookUp(r.note.Key, r.note.Event.AppointmentID).Accepted
	if !a.Of(r.task.Record.Origin()) {
		return *o
	}
	return domain.Sent(a.ProviderID)
}

// suspect returns the provider's id of a message whose acceptance is unknown, if the id
// can be derived: a later receipt of that message proves the acceptance. It uses the
// handle of the doubt, which may be an earlier owner's.
func (r *run) suspect() string {
	namer, ok := r.d.deps.Sender.(ports.MessageNamer)
	if !ok || r.note.Event == nil {
		return ""
	}
	if doubt := r.ledger.LookUp(r.note.Key, r.note.Event.AppointmentID).Doubt; doubt.Key == r.note.Key {
		return namer.MessageID(doubt.Handle)
	}
	return namer.MessageID(r.d.deps.Sender.Handle(r.note))
}
