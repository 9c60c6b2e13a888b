//go:build synctests

package kafka

// durable reports whether the client's mutexes let virtual time pass.
const durable = true
