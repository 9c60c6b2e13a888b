//go:build !unix

package nonblock

import "net"

// New returns c.
func New(c net.Conn) net.Conn { return c }
