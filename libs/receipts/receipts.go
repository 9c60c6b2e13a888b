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

// Deps are what a Watcher works with.
type Deps struct {
	Source   ports.ReceiptSource
	Log      Log
	Observer ports.Observer
	// Room may be nil: calls then wait for nobody.
	Room Room
}

// Message is a message that the provider accepted, or may have.
type Message struct {
	ProviderID string
	SentAt     time.Time
	// Offset is where the log has it.
	Offset int64
	// Ref is what the log needs to write a receipt of it. It means nothing here.
	Ref string
	// Doubtful is set when nobody knows whether the provider accepted it: it was
	// given up on. A receipt of it proves that it did.
	Doubtful bool
}

// Finding is a receipt that is not in the log yet.
type Finding struct {
	// Section is the number of the section that the message was read from.
	Section int32
	Message Message
	Receipt ports.Receipt
}

// Log is where messages come from and receipts go to. Its methods may be called
// concurrently.
type Log interface {
	// Write returns nil only when the finding is durable: that a doubtful message
	// was sent, and the receipt. It tries for as long as ctx lasts. Writing a
	// finding again makes a second copy with the same id.
	Write(ctx context.Context, f Finding) error
	// Recall reads again the message at an offset of a section. It returns ErrForgotten
	// when the log no longer has it.
	Recall(ctx context.Context, section int32, offset int64) (Message, error)
}

// Room is what a call to the provider needs beside those of the senders, who go
// first.
type Room interface {
	// Borrow takes room for one call if there is any to spare; it never waits.
	// release is called once.
	Borrow() (release func(), ok bool)
}

// ConcurrentCalls is how many calls a Watcher makes at once at most.
const ConcurrentCalls = 4

// The multiples of Config.Poll by which everything is timed, with what they are
// at a poll of a minute.
const (
	// sweepAfter (9 h) is when a message without a final word is asked about by
	// itself: providers try for 8 hours, and what a span does not show by then it
	// never will.
	sweepAfter = 540
	// settledMargin (5 min) is how much older than Bounds().Settled a span has to be
	// to count as settled, and by how much two settled spans overlap: clocks differ,
	// and several receipts may have one time.
	settledMargin = 5
	// settledStep (10 min) is the least that a settled span brings, settledWindow
	// (100 min) the most: a page that fails costs one window.
	settledStep, settledWindow = 10, 100
	// lateStart (5 min) is how much later than a message is accepted its provider
	// may date it as sent.
	lateStart = 5
)

// lastLook is the part of the horizon that is left when a message is asked about
// for the last time (an hour of 72).
const lastLook = 72

// lookAges returns the ages at which a message is looked for: doubling, then
// twice by itself. The second result is the first of them that is by itself.
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
