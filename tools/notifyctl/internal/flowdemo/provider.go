package flowdemo

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

// latency is how long a provider takes to answer: long enough for the records to finish
// out of order.
const latency = 50 * time.Millisecond

// line is a worker's connection to a provider. For one appointment it gives no answer,
// although the message is accepted. A dead worker's calls no longer pass.
type line struct {
	provider *fake.Sender
	// silent is the appointment without an answer; empty for no appointment.
	silent string
	// hung is set once an accepted message waits for its answer.
	hung atomic.Bool
	dead atomic.Bool
}

var _ ports.Sender = (*line)(nil)

// Handle implements ports.Sender.
func (l *line) Handle(n ports.Notification) string { return l.provider.Handle(n) }

// Send implements ports.Sender.
func (l *line) Send(ctx context.Context, n ports.Notification) (ports.Accepted, error) {
	if l.dead.Load() {
		return ports.Accepted{}, unanswered(ctx)
	}
	accepted, err := l.provider.Send(ctx, n)
	if n.Event.AppointmentID != l.silent {
		return accepted, err
	}
	l.hung.Store(err == nil)
	return ports.Accepted{}, unanswered(ctx)
}

// LookUp implements ports.Sender.
func (l *line) LookUp(ctx context.Context, q ports.LookUp) (ports.Accepted, error) {
	if l.dead.Load() {
		return ports.Accepted{}, unanswered(ctx)
	}
	return l.provider.LookUp(ctx, q)
}

// unanswered waits for an answer that does not come.
func unanswered(ctx context.Context) error {
	<-ctx.Done()
	return &domain.Failure{Class: domain.ClassUnknownOutcome, Code: "demo.no_answer", Cause: ctx.Err()}
}
