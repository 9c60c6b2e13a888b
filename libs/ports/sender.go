package ports

import (
	"context"
	"errors"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// Notification is one event on one channel, ready to be sent. It is immutable.
type Notification struct {
	Key       domain.Key
	Event     *domain.Event
	Recipient string
	// EventTime is when the event was published; zero if that is unknown. Adapters use
	// it as the present time within a message, so that a second attempt makes the same
	// bytes.
	EventTime time.Time
	// LastTold is set on a cancellation if the recipient was last told a time for the
	// appointment that differs from the event's and is still ahead. The message names
	// that time, because it is the one that the recipient knows. Zero otherwise.
	LastTold time.Time
}

// Shown returns the event with the time that its message shows, which is the one that
// the recipient knows.
func (n Notification) Shown() *domain.Event {
	if n.LastTold.IsZero() {
		return n.Event
	}
	shown := *n.Event
	shown.Time = n.LastTold.In(n.Event.Time.Location())
	return &shown
}

// Accepted is the provider's confirmation that it accepted a message.
type Accepted struct {
	// ProviderID is the provider's own id of the message; never empty.
	ProviderID string
}

// LookUp asks a provider about an earlier send.
type LookUp struct {
	// Handle is what Sender.Handle returned before that send, perhaps in
	// another process with other settings.
	Handle string
	// ClaimedAt is when the send was claimed, on the broker's clock. Look-ups
	// begin there, with a margin for clocks that differ.
	ClaimedAt time.Time
}

// ErrNotFound is the provider's complete and readable answer that it knows no such
// message. The caller decides whether that proves anything yet.
var ErrNotFound = errors.New("the provider knows no such message")

// Sender is one provider. All methods may be called concurrently.
//
// Contract of Send:
//   - It makes at most one request that asks the provider to send, never
//     retries it and never follows a redirect.
//   - The context's deadline is the last moment at which the first byte of the
//     request may be written; it is checked at the socket, on the monotonic
//     clock. It also ends the wait for the answer. A context that is over
//     before the call sends nothing.
//   - A nil error means that the provider accepted the message and that the
//     returned value has its id.
//   - Every error is a *domain.Failure. ClassTransient, ClassConfiguration,
//     ClassRecipientRejected and ClassMessageRejected mean that the message was
//     certainly not accepted: nothing was written, or a complete refusal in the
//     provider's own form was read. Everything else is ClassUnknownOutcome: a
//     timeout or reset after the first written byte, any 5xx, a 408, an answer
//     that cannot be read or is not the provider's.
//   - No error text, however wrapped, shows the recipient or a credential.
type Sender interface {
	// Handle returns how the provider can be asked about n later: a text
	// without tabs and line breaks that stays valid when templates, brand,
	// sender or domain are changed. It does no I/O.
	Handle(n Notification) string

	// Send asks the provider to send n.
	Send(ctx context.Context, n Notification) (Accepted, error)

	// LookUp asks whether the message was accepted. It returns ErrNotFound if the
	// provider answers that it knows no such message; ClassTransient if there was no
	// complete answer (ask again later, after RetryAfter if it is set);
	// ClassUnknownOutcome if the provider can no longer tell, or refuses to (asking
	// again does not help).
	LookUp(ctx context.Context, q LookUp) (Accepted, error)
}

// MessageNamer is a Sender whose provider's message ids are known before the provider
// accepts the messages. The receipt of a message whose send ended without an answer can
// then be asked for.
type MessageNamer interface {
	// MessageID returns the id that Accepted would have for the message of a handle;
	// empty for a handle of another provider. It does no I/O.
	MessageID(handle string) string
}
