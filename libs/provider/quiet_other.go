//go:build !unix

package provider

// lookAt cannot inspect a socket on this system, so each request gets a new connection.
func (c *guardedConn) lookAt(uintptr) (done bool) { return true }
