// Package message writes the text message that says what became of one
// appointment: brand, time, reference and how to opt out, in the language that
// the event asks for (libs/messages).
package message
