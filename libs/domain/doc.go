// Package domain holds what is true of an appointment notification whatever
// carries it: the event and its rules, the channels, the outcomes, the failure
// classes and the delivery key. It depends on the standard library only.
package domain
