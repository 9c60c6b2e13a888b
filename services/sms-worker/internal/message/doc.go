// Package message writes the text message that says what became of one
// appointment: brand, time, reference and how to opt out, always in one segment.
package message
