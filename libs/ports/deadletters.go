package ports

import (
	"context"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// DeadLetter is a record that a channel gave up on.
type DeadLetter struct {
	Record   *Record
	Channel  domain.Channel
	Failure  *domain.Failure
	Attempts int
	// FirstFailedAt is when the first attempt failed, FailedAt when the record
	// was given up.
	FirstFailedAt, FailedAt time.Time
	// Trace names the span that writes it.
	Trace TraceContext
}

// DeadLetters stores records that need a human. Publish may be called concurrently. It
// returns nil only when the dead letter is durable: key, value and original headers
// verbatim, the failure in headers. It retries until it succeeds, and ends early only
// when ctx is over or the store was closed; the dead letter may have been written even
// then. Publishing the same record again makes a second copy with the same id.
type DeadLetters interface {
	Publish(ctx context.Context, d DeadLetter) error
}

// Resolution is what became of one replayed dead letter.
type Resolution struct {
	DeadLetterID string
	Channel      domain.Channel
	Job          string
	ReplayCount  int
	Outcome      domain.Outcome
	At           time.Time
}

// Resolutions records what became of replays. Resolve may be called
// concurrently and returns nil only when the resolution is durable.
type Resolutions interface {
	Resolve(ctx context.Context, r Resolution) error
}
