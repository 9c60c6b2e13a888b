package domain

import "time"

// MaxEventBytes is the largest event value that is accepted, in bytes.
const MaxEventBytes = 256 << 10

// Event is one decoded `appointments.created` record.
//
// A decoded event satisfies every rule that all channels share. The rules of a
// single channel are checked by Recipient, because an e-mail must not fail for
// a bad phone number. An Event is immutable once decoded and may be shared
// between goroutines.
type Event struct {
	// AppointmentID is never empty and has no control characters.
	AppointmentID string
	// UserID is empty when the event has none. Delivery does not need it.
	UserID string
	// Time is the start of the appointment, with the offset it was given in.
	Time time.Time
	// Zone is how the time is shown; nil when the event names no time zone.
	Zone *time.Location
	// Revision rises with each change of the appointment; nil when not given.
	Revision *int64

	notify map[Channel]bool
	// recipients holds the raw JSON of the address fields: they are judged
	// only by the channel that needs them.
	recipients map[Channel][]byte
}

// Requested tells whether the event asks for a notification on ch. A missing
// flag is false.
func (e *Event) Requested(ch Channel) bool { return e.notify[ch] }

// RequestedChannels lists the channels that the event asks for, in the order
// of Channels.
func (e *Event) RequestedChannels() []Channel {
	var requested []Channel
	for _, ch := range Channels() {
		if e.notify[ch] {
			requested = append(requested, ch)
		}
	}
	return requested
}
