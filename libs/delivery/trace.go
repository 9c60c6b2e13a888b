package delivery

import (
	"errors"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// step begins a step of the record's trace, now.
func (r *run) step(s ports.Step) ports.TraceSpan { return r.trace.Step(s, time.Time{}) }

// endTrace ends the record's trace with its outcome, nil where it has none.
func (r *run) endTrace(o *domain.Outcome) {
	id := ""
	if r.task.Event != nil {
		id = r.task.Event.AppointmentID
	}
	r.trace.End(id, o)
}

// failureOf is how a step shows an error; nil for none, and for the complete answer
// that the provider knows no such message.
func failureOf(err error) *domain.Failure {
	if err == nil || errors.Is(err, ports.ErrNotFound) {
		return nil
	}
	return domain.AsFailure(err)
}
