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

// table is the only list of all channels, in the order in which they are shown: a new
// channel needs a line here (docs/ADDING_A_CHANNEL.md).
func table() []channelRule {
	return []channelRule{
		{channel: Email, member: "email", grammar: emailPattern, plain: plainEmail, fits: emailFits, want: emailWant},
		{channel: SMS, member: "phone_e164", grammar: phonePattern, want: phoneWant},
	}
}

// channelRule says which member of an event holds a channel's address, and which
// addresses are valid.
type channelRule struct {
	channel Channel
	// member is the event's member that holds the address.
	member string
	// grammar is a regular expression for the whole address.
	grammar string
	// plain, if set, recognises most valid addresses faster than grammar, and never
	// accepts an invalid one.
	plain func(address string) bool
	// fits, if set, checks the lengths, which an expression without look-ahead cannot.
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

// Member returns the name of the event's member that holds c's address; empty if c is
// not one of Channels.
func (c Channel) Member() string {
	for _, r := range table() {
		if r.channel == c {
			return r.member
		}
	}
	return ""
}
