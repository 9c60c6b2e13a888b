//go:build !synctests

package engine

// mutexesAreChannels reports whether the client's mutexes let virtual time pass.
const mutexesAreChannels = false
