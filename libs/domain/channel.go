package domain

// Channel is one way to reach a patient. Its text is used in topic names,
// headers, metrics and settings, so it never changes.
type Channel string

// The channels of the system. docs/ADDING_A_CHANNEL.md shows how to add one.
const (
	Email Channel = "email"
	SMS   Channel = "sms"
)

// Channels lists all channels in the order in which they are shown.
func Channels() []Channel { return []Channel{Email, SMS} }

// Valid reports whether c is one of Channels.
func (c Channel) Valid() bool { return c == Email || c == SMS }
