// Package messages knows what patients are told: the texts of each language for
// each status and channel, how a language writes dates, which language an event
// asks for, and an operator's own texts in place of ours.
//
// Everything that could be wrong with a text is found when a Set is opened, by
// looking at it and by filling it with samples. Filling cannot fail afterwards.
package messages
