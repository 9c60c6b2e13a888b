package ports

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// Receipt is a provider's later report on a message that it accepted.
type Receipt struct {
	// ProviderID is the provider's own id of the message, as Accepted has it.
	ProviderID string
	// Kind is never ReceiptUnconfirmed, which providers do not report.
	Kind domain.ReceiptKind
	// Reason is the provider's reason why a message was not delivered, from a closed
	// list of the adapter (`bounce`, `suppress-bounce`, `unreachable`), and Code its
	// number (`mailgun.550`, `twilio.30003`). Both are empty for other kinds and never
	// hold a recipient.
	Reason string
	Code   string
	// At is when it happened, on the provider's clock.
	At time.Time
}

// Span is a span of time, From inclusive, To exclusive, on the provider's clock.
type Span struct{ From, To time.Time }

// Windows divides the span into windows of a width, the oldest first; the last one may
// be shorter. The width must be above 0.
func (s Span) Windows(width time.Duration) iter.Seq[Span] {
	return func(yield func(Span) bool) {
		for from := s.From; from.Before(s.To); from = from.Add(width) {
			w := Span{From: from, To: from.Add(width)}
			if w.To.After(s.To) {
				w.To = s.To
			}
			if !yield(w) {
				return
			}
		}
	}
}

// SpanBasis says which messages a span selects.
type SpanBasis string

// The closed set of bases.
const (
	// SpanOfEvents selects receipts that happened in the span, regardless of when their
	// messages were sent (Mailgun).
	SpanOfEvents SpanBasis = "events"
	// SpanOfSends selects messages that were sent in the span and returns their present
	// status, regardless of when it was reached (Twilio). It shows neither messages
	// that still wait nor those that never left.
	SpanOfSends SpanBasis = "sends"
)

// ErrSpanExpired means that a span begins before the time that the provider keeps, so
// that receipts of it may be gone. The rest of the span can still be read.
var ErrSpanExpired = errors.New("the provider no longer keeps all of that time")

// ReceiptBounds describes a source. It does not change while the process runs.
type ReceiptBounds struct {
	// Basis says what a span selects.
	Basis SpanBasis
	// Keeps is how far back the provider can be asked. The provider keeps receipts
	// somewhat longer, so that a span that began within Keeps when it was chosen has
	// not expired by the time it is read.
	Keeps time.Duration
	// Settled is the age at which a span shows everything that it will ever show.
	Settled time.Duration
	// Bulk is how many messages have to be pending in a span before reading it is
	// cheaper than asking for each; 0: reading is always cheaper.
	Bulk int
}

// ReceiptSource is a provider that reports what became of messages. All methods may be
// called concurrently, by one process for several partitions. They never send a
// message.
//
// Errors are *domain.Failure, except for Read's ErrSpanExpired: ClassTransient if
// asking again later may bring an answer (after RetryAfter, if it is set), and
// ClassConfiguration if the provider refuses to be asked (401, 403, 404, 410) until a
// person changes something. An answer that cannot be read is ClassTransient. Error
// texts contain neither recipients nor credentials.
type ReceiptSource interface {
	// Bounds describes the source.
	Bounds() ReceiptBounds

	// Ask returns the receipt of one message with the highest rank so far, or a zero
	// Receipt (Kind empty) before the first. For a message that the provider does
	// not know, or no longer keeps, it also returns a zero Receipt.
	Ask(ctx context.Context, m SentMessage) (Receipt, error)

	// Read calls each for every receipt of the span, in any order, perhaps more than
	// once, and also for messages that others sent. It returns nil only if the span was
	// read to its end: receipts from before an error count, but the span has to be read
	// again. Rows that cannot be understood are skipped and counted in unreadable.
	// Receipts that the provider inserts later into a page that was read already appear
	// when the span is read again. each is called by one goroutine at a time, and not
	// after Read has returned.
	Read(ctx context.Context, s Span, each func(Receipt)) (unreadable int, err error)
}

// SentMessage is a message that the provider accepted.
type SentMessage struct {
	ProviderID string
	// SentAt is when its outcome was concluded, on our clock.
	SentAt time.Time
}
