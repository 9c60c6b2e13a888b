package delivery

import (
	"errors"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// step begins a step of the record's trace, now.
func (r *run) step(s ports.Step) ports.TraceSpan { return r.trace.Step(s, time.Time{}) }

// endTrace ends the record's trace with its outcome; o is nil if it has none.
func (r *run) endTrace(o *domain.Outcome) {
	id := ""
	if r.task.Event != nil {
		id = r.task.Event.AppointmentID
	}
	r.trace.End(id, o)
}

// failureOf returns the failure that a step's span shows for err. It is nil for a nil
// error, and for ErrNotFound, which is a complete answer.
func failureOf(err error) *domain.Failure {
	if err == nil || errors.Is(err, ports.ErrNotFound) {
		return nil
	}
	return domain.AsFailure(err)
}
