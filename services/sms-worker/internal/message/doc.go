// Package message writes the text message about one appointment: brand, time, reference
// and how to opt out, in the language that the event asks for (libs/messages).
package message
