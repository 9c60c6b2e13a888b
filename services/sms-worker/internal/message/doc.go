// Package message writes the text message that tells what became of one
// appointment: brand, time, reference and how to opt out, always in one segment.
package message
