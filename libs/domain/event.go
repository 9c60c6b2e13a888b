package domain

import "time"

// MaxEventBytes is the largest event value that is accepted, in bytes.
const MaxEventBytes = 256 << 10

// Event is one decoded `appointments.created` record. Decoder makes it.
//
// A decoded event satisfies every rule that all channels share. The rules of a
// single channel are checked by Recipient, because an e-mail must not fail for
// a bad phone number. An Event is immutable once decoded and may be shared
// between goroutines.
type Event struct {
	// AppointmentID is never empty and has no control characters.
	AppointmentID string
	// UserID is empty if the event has no user. Delivery does not need it.
	UserID string
	// Time is the start of the appointment, with the offset it was given in.
	Time time.Time
	// Timezone names the time zone in which the time is shown, as the event spells it:
	// it may be the name of no known zone. Empty if the event names no zone.
	Timezone string
	// Locale is the language tag that the event asks for, as the event spells it: it
	// may be the tag of no known language. Empty if the event names no locale, and
	// MalformedLocale if its value cannot be a tag.
	Locale string
	// Revision rises with each change of the appointment; nil when not given.
	Revision *int64
	// Status is one of AppointmentStatuses; AppointmentConfirmed when not given.
	Status AppointmentStatus

	// requests holds the channels that are asked for, in the order of Channels.
	requests []request
	// room and revision mostly are the memory that requests and Revision point to, so
	// that they need no allocation.
	room     [2]request
	revision int64
}

// request is a request for a notification on one channel.
type request struct {
	rule *addressRule
	// address is the raw JSON of the address field, empty if it is missing. Only the
	// channel that needs it checks it.
	address string
}

// Requested reports whether the event asks for a notification on ch. A missing
// flag is false.
func (e *Event) Requested(ch Channel) bool {
	for _, r := range e.requests {
		if r.rule.channel == ch {
			return true
		}
	}
	return false
}

// RequestedChannels lists the channels that the event asks for, in the order
// of Channels.
func (e *Event) RequestedChannels() []Channel {
	var requested []Channel
	for _, r := range e.requests {
		requested = append(requested, r.rule.channel)
	}
	return requested
}

// Recipient returns the address to which a notification on ch goes. The error
// is a *Failure of ClassInvalidEvent: the address is missing or malformed, or
// the event does not ask for ch.
func (e *Event) Recipient(ch Channel) (string, error) {
	for _, r := range e.requests {
		if r.rule.channel == ch {
			return r.rule.read(r.address)
		}
	}
	return "", InvalidEvent("notify", "the event does not ask for a notification on this channel")
}

// Validate checks the rules of all channels that the event asks for and returns
// the first breach as a *Failure of ClassInvalidEvent. The rules that channels
// share were checked by Decode: both together accept exactly what
// contracts/appointment_created.schema.json accepts.
func (e *Event) Validate() error {
	for _, r := range e.requests {
		if _, err := r.rule.read(r.address); err != nil {
			return err
		}
	}
	return nil
}
