// Package messages writes the texts that patients get: the texts of each language for
// each status and channel, with dates in the language's style, in the language that an
// event asks for, and with an operator's own texts in place of ours.
//
// All faults of a text are found when a Set is opened, by checking it and by filling it
// with samples. Filling cannot fail afterwards.
package messages
