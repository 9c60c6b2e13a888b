package fake

import "time"

// Kind is one way in which a request to a provider ends badly.
type Kind string

// The kinds of faults. Every provider that a conformance suite runs against can
// produce each of them.
const (
	// Refused: no connection; nothing is written.
	Refused Kind = "refused"
	// Reset: the request arrives, then the connection breaks.
	Reset Kind = "reset"
	// Hang: the request arrives, an answer never comes.
	Hang Kind = "hang"
	// Truncated: a success whose body breaks off.
	Truncated Kind = "truncated"
	// Unrecognized: a complete success without a message id.
	Unrecognized Kind = "unrecognized"
	// Redirect: an answer that points to another address of the same provider.
	Redirect Kind = "redirect"
	// ServerError: a complete 503.
	ServerError Kind = "server_error"
	// RateLimited: the provider says when to come back.
	RateLimited Kind = "rate_limited"
	// BadRecipient: the provider refuses the recipient.
	BadRecipient Kind = "bad_recipient"
	// BadMessage: the provider refuses the payload.
	BadMessage Kind = "bad_message"
	// UnknownRefusal: a complete client error that is in none of our tables.
	UnknownRefusal Kind = "unknown_refusal"
	// AmbiguousRefusal: the provider refuses the account or only this recipient,
	// and its answer does not say which.
	AmbiguousRefusal Kind = "ambiguous_refusal"
	// BadConfiguration: the provider refuses our credentials.
	BadConfiguration Kind = "bad_configuration"
)

// Fault is how one request ends.
type Fault struct {
	Kind Kind
	// Accepted makes the provider accept the message although the answer is lost. For
	// Reset, Hang, Truncated, Unrecognized and ServerError.
	Accepted bool
	// RetryAfter is the delay that RateLimited asks for.
	RetryAfter time.Duration
}
