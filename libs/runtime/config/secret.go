package config

import "fmt"

// redacted is shown wherever a Secret is printed.
const redacted = "[redacted]"

// Secret is a value that must never be printed. Formatting and encoding it in
// any way shows "[redacted]"; only Reveal returns the text.
type Secret struct{ text string }

// NewSecret returns text as a Secret.
func NewSecret(text string) Secret { return Secret{text: text} }

// Reveal returns the text, for handing it to the client that needs it.
func (s Secret) Reveal() string { return s.text }

// Empty reports whether the secret was not given.
func (s Secret) Empty() bool { return s.text == "" }

// String returns "[redacted]".
func (s Secret) String() string { return redacted }

// Format writes "[redacted]" for every verb, also for those that would
// otherwise print the fields of the struct.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalText returns "[redacted]", for JSON and other encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalText sets the secret.
func (s *Secret) UnmarshalText(text []byte) error {
	s.text = string(text)
	return nil
}
