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
	// Outcome is the event's own: a record that finds its own earlier send in the
	// ledger was sent, and only another record of the same key was already_sent.
	Outcome domain.Outcome
	At      time.Time
	// Trace names the span in which the outcome was written; readers may continue it.
	Trace TraceContext
}

// Outcomes tells its readers, such as the publisher, what became of
// each event. Tell may be called concurrently. It returns nil only when the
// outcome is durable. It retries by itself for as long as it takes and ends early
// only when ctx is over or the store was closed; the outcome may then have been
// written all the same. It waits for no reader.
//
// Telling the same outcome of the same record again makes a second copy with the
// same id. Channel, origin, status and the replay's count make the id; the rest
// may differ. A copy holds no recipient and nothing of the event's value but the
// appointment id, the status and the revision.
type Outcomes interface {
	Tell(ctx context.Context, c Conclusion) error
}

// OutcomesThen are Outcomes whose callers need not wait.
type OutcomesThen interface {
	Outcomes

	// TellThen is Tell, except that it returns at once and calls then with the
	// result, once, perhaps before it returns. then must not wait: other outcomes are
	// told on the same goroutine.
	TellThen(ctx context.Context, c Conclusion, then func(error))
}
