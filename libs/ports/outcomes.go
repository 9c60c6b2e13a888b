package ports

import (
	"context"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// Conclusion is what became of one event on one channel.
type Conclusion struct {
	Record *Record
	// Event is nil when the record could not be decoded.
	Event   *domain.Event
	Channel domain.Channel
	// Outcome is the outcome of the event itself: a record that finds its own earlier
	// send in the ledger counts as sent, and only another record of the same key as
	// already_sent.
	Outcome domain.Outcome
	At      time.Time
	// Trace names the span in which the outcome was written; readers may continue it.
	Trace TraceContext
}

// Outcomes publishes what became of each event, for the publisher and other readers.
// Tell may be called concurrently. It returns nil only when the outcome is durable. It
// retries until it succeeds, and ends early only when ctx is over or the store was
// closed; the outcome may have been written even then. It waits for no reader.
//
// Telling the same outcome of the same record again makes a second copy with the same
// id. The id depends on channel, origin, status and replay count; the other fields may
// differ. An outcome contains no recipient, and of the event's value only the
// appointment id, the status and the revision.
type Outcomes interface {
	Tell(ctx context.Context, c Conclusion) error
}

// OutcomesThen are Outcomes whose callers need not wait.
type OutcomesThen interface {
	Outcomes

	// TellThen is Tell, except that it returns at once and calls then with the result,
	// once, perhaps before it returns. then must not wait: other outcomes are reported
	// on the same goroutine.
	TellThen(ctx context.Context, c Conclusion, then func(error))
}
