// Package provider holds what every adapter of an HTTP provider shares: a
// client that makes at most one request per call and never writes it late, an
// Exchange that knows what was written and what was read, and the first step
// from there to a failure class.
//
// Why not net/http's Transport: a request that asks a provider to send may be written
// only before its deadline, because after it another worker may ask the provider what
// became of the message. The Transport hands a request to another goroutine for writing
// and returns to its caller without waiting for it, so neither a context nor httptrace
// shows that nothing will be written any more. Here the goroutine that calls writes the
// request and reads the answer, with net/http's own Request.Write and ReadResponse:
// when it returns, nothing is under way. It also saves the two goroutines that the
// Transport keeps for each connection, and their wake-ups: with it, the send of an
// e-mail fell from 53 to 41 µs of processor time (docs/BENCHMARKS.md, "The send path").
package provider
