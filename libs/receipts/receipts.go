package receipts

import (
	"context"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Config are the rules of one channel.
type Config struct {
	Channel domain.Channel
	// Poll is when a message is asked about first; every other wait is a multiple
	// of it.
	Poll time.Duration
	// Horizon is how long a message is asked about; after that it is unconfirmed.
	Horizon time.Duration
}

// Deps are the parts that a Watcher works with.
type Deps struct {
	Source   ports.ReceiptSource
	Log      Log
	Observer ports.Observer
	// Room may be nil: then calls do not wait for senders.
	Room Room
}

// Message is a message that the provider accepted, or may have.
type Message struct {
	ProviderID string
	SentAt     time.Time
	// Offset is its offset in the log.
	Offset int64
	// Ref is data that the log needs to write a receipt of it. This package does not
	// interpret it.
	Ref string
	// Doubtful is set if the message was given up without knowing whether the provider
	// accepted it. A receipt proves that it did.
	Doubtful bool
}

// Finding is a receipt that is not in the log yet.
type Finding struct {
	// Section is the number of the message's section.
	Section int32
	Message Message
	Receipt ports.Receipt
}

// Log is the source of messages and the store of receipts. Its methods may be called
// concurrently.
type Log interface {
	// Write returns nil only when the finding is durable: that a doubtful message was
	// sent, and the receipt. It retries for as long as ctx lasts. Writing a finding
	// again makes a second copy with the same id.
	Write(ctx context.Context, f Finding) error
	// Recall reads the message at an offset of a section again. It returns ErrForgotten
	// if the log no longer has it.
	Recall(ctx context.Context, section int32, offset int64) (Message, error)
}

// Room is capacity for calls to the provider, shared with the senders, which go first.
type Room interface {
	// Borrow takes room for one call if there is any to spare; it never waits. release
	// must be called once.
	Borrow() (release func(), ok bool)
}

// ConcurrentCalls is how many calls a Watcher makes at once at most.
const ConcurrentCalls = 4

// Times as multiples of Config.Poll, with their values at a poll of a minute.
const (
	// sweepAfter (9 h) is the age at which a message without a final receipt is asked
	// about by itself: providers try for 8 hours, and a receipt that a span does not
	// show by then it never will.
	sweepAfter = 540
	// settledMargin (5 min) is how much older than Bounds().Settled a span must be to
	// count as settled, and the overlap of two settled spans: clocks differ, and
	// several receipts may have the same time.
	settledMargin = 5
	// settledStep (10 min) is the shortest settled span to be read, settledWindow (100
	// min) the longest: a page that fails costs one window.
	settledStep, settledWindow = 10, 100
	// lateStart (5 min) is how long after accepting a message its provider may date it
	// as sent.
	lateStart = 5
)

// lastLook: a message is asked about for the last time when 1/lastLook of the horizon
// is left (an hour of 72).
const lastLook = 72

// lookAges returns the ages at which a message is asked about: they double, and the
// last is that of lastLook. From the index sweep on, the message is asked about by
// itself.
func (c Config) lookAges() (ages []time.Duration, sweep int) {
	last := c.Horizon - c.Horizon/lastLook
	sweepAge := min(sweepAfter*c.Poll, last)
	for age := c.Poll; age < sweepAge; age *= 2 {
		ages = append(ages, age)
	}
	sweep = len(ages)
	for age := sweepAge; age < last; age *= 2 {
		ages = append(ages, age)
	}
	return append(ages, last), sweep
}
