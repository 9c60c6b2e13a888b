// Package provider holds what every adapter of an HTTP provider shares: a
// client that makes at most one request per call and never writes it late, an
// Exchange that knows what was written and what was read, and the first step
// from there to a failure class.
//
// Why not plain net/http: a request that asks a provider to send may be written
// only before its deadline, because after it another worker may ask the
// provider what became of the message. net/http hands a request to another
// goroutine for writing and returns to its caller without waiting for it, so
// neither a context nor httptrace can tell that nothing will be written any
// more. The check therefore sits at the socket, see Exchange.
package provider
