package domain

import (
	"errors"
	"time"
)

// Class is the kind of a failure; every decision about a failure is made on it. The
// texts are part of headers, metrics and logs, and never change.
type Class string

// The closed set of failure classes.
const (
	// ClassInvalidEvent: the event breaks the contract. Dead-lettered at once.
	ClassInvalidEvent Class = "invalid_event"
	// ClassRecipientRejected: the provider refuses this recipient. Dead-lettered after one call.
	ClassRecipientRejected Class = "recipient_rejected"
	// ClassMessageRejected: the provider refuses our payload. Dead-lettered, with an alert.
	ClassMessageRejected Class = "message_rejected"
	// ClassTransient: the message was certainly not accepted and may be tried again.
	ClassTransient Class = "transient"
	// ClassRetriesExhausted: a transient failure outlived its attempts or its time.
	ClassRetriesExhausted Class = "retries_exhausted"
	// ClassConfiguration: our account, key or sender is at fault. Sending stops, messages are kept.
	ClassConfiguration Class = "configuration"
	// ClassUnknownOutcome: the provider may have accepted the message. It is asked before any second call.
	ClassUnknownOutcome Class = "unknown_outcome"
)

// Classes lists all failure classes.
func Classes() []Class {
	return []Class{
		ClassInvalidEvent, ClassRecipientRejected, ClassMessageRejected, ClassTransient,
		ClassRetriesExhausted, ClassConfiguration, ClassUnknownOutcome,
	}
}

// Failure is an error with a class. Its text never contains a recipient, a secret or a
// provider's own words: Detail comes from our own tables.
type Failure struct {
	Class Class
	// Code names the source and the kind of the failure, for people and metrics:
	// "mailgun.400", "twilio.21211", "event.time".
	Code string
	// Detail is one sentence about what is wrong and what would be correct.
	Detail string
	// RetryAfter is the delay that the provider itself asked for; 0 without one.
	RetryAfter time.Duration
	// Unreachable is set when no byte of the request was written: the provider could
	// not answer, so the failure says nothing about this message.
	Unreachable bool
	// Late is set when the deadline passed before the first byte was written although
	// the provider could be reached: the process or the ledger was slow. Such a call
	// does not count as an attempt, and says nothing about the provider or the message.
	Late bool
	// Ambiguous is set, with ClassConfiguration, when the refusal may be about
	// our account or about this recipient only. Other recipients decide which.
	Ambiguous bool
	// Unrecognized is set when the provider's refusal is in none of our tables. Many in
	// a row for different recipients are a fault of the configuration, not of the
	// messages.
	Unrecognized bool
	// Cause is the underlying error, for errors.Is and errors.As only. It is
	// not part of the text, because it may quote the recipient.
	Cause error
}

// Error returns class, code and detail.
func (f *Failure) Error() string {
	text := string(f.Class) + " (" + f.Code + ")"
	if f.Detail != "" {
		text += ": " + f.Detail
	}
	return text
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Cause }

// AsFailure returns the Failure in err's chain. An error without a Failure becomes an
// unknown outcome, because the message may have been sent.
func AsFailure(err error) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	return &Failure{Class: ClassUnknownOutcome, Code: "internal", Detail: "an error without a class", Cause: err}
}

// InvalidEvent returns the failure of an event whose field breaks the contract. The
// code is "event." + field; want describes a correct value and must not quote the
// actual one.
func InvalidEvent(field, want string) *Failure {
	return &Failure{Class: ClassInvalidEvent, Code: "event." + field, Detail: want}
}
