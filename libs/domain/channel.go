package domain

import "slices"

// Channel is one way to reach a patient. Its text is used in topic names,
// headers, metrics and settings, and as the flag in an event's notify, so it
// never changes.
type Channel string

// The channels that come with the system.
const (
	Email Channel = "email"
	SMS   Channel = "sms"
)

// table lists all channels in the order in which they are shown. It is the one
// place that does: a channel is added by a line here (docs/ADDING_A_CHANNEL.md).
func table() []channelRule {
	return []channelRule{
		{channel: Email, member: "email", grammar: emailPattern, plain: plainEmail, fits: emailFits, want: emailWant},
		{channel: SMS, member: "phone_e164", grammar: phonePattern, want: phoneWant},
	}
}

// channelRule says where a channel's address stands in an event and what is a
// right one.
type channelRule struct {
	channel Channel
	// member is the event's member that holds the address.
	member string
	// grammar is a regular expression for all of the address.
	grammar string
	// plain, where set, recognises most right addresses faster than grammar does, and
	// no wrong one.
	plain func(address string) bool
	// fits, where set, checks the lengths that an expression without look-ahead
	// cannot.
	fits func(address string) bool
	// want completes "the field …" in a failure.
	want string
}

// Channels lists all channels in the order in which they are shown.
func Channels() []Channel {
	var all []Channel
	for _, r := range table() {
		all = append(all, r.channel)
	}
	return all
}

// Valid reports whether c is one of Channels.
func (c Channel) Valid() bool { return slices.Contains(Channels(), c) }

// Member returns the name of the event's member that holds c's address; empty
// when c is not one of Channels.
func (c Channel) Member() string {
	for _, r := range table() {
		if r.channel == c {
			return r.member
		}
	}
	return ""
}
