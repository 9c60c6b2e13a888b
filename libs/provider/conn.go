package provider

import (
	"net"
	"syscall"
	"time"
)

// guardedConn asks the exchange that owns it before each write. It has the
// methods of net.Conn and no others: a ReadFrom would let bytes pass unasked.
type guardedConn struct {
	net.Conn
	// owner is the exchange of the current request; nil between requests and for
	// the bytes of a handshake.
	owner *Exchange
	// raw is the socket below; nil if the connection has none. look reads from it into
	// silent.
	raw    syscall.RawConn
	look   func(fd uintptr) (done bool)
	silent bool
}

func guard(c net.Conn) *guardedConn {
	g := &guardedConn{Conn: c}
	if s, ok := c.(syscall.Conn); ok {
		if raw, err := s.SyscallConn(); err == nil {
			g.raw, g.look = raw, g.lookAt
		}
	}
	return g
}

// Write writes b when the owner permits it at this very moment.
//
// Between the permission and the system call lie microseconds in which the process can
// be stopped; a socket offers no "write before". No other window is left.
func (c *guardedConn) Write(b []byte) (int, error) {
	if c.owner == nil {
		return c.Conn.Write(b)
	}
	now := time.Now()
	if err := c.owner.permit(now, now); err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(b)
	c.owner.wrote = c.owner.wrote || n > 0
	return n, err
}

// quiet reports whether the connection is open and no byte has arrived since the last
// answer. A provider may have closed an idle connection: a request that is written on
// it is lost, and its outcome unknown. A connection that cannot be inspected is not
// quiet.
func (c *guardedConn) quiet() bool {
	if c.raw == nil {
		return false
	}
	c.silent = false
	return c.raw.Read(c.look) == nil && c.silent
}

// Close drops bytes that the kernel has not sent yet when the request was given
// up: a graceful close would go on delivering them after its deadline.
func (c *guardedConn) Close() error {
	if c.owner != nil && !c.owner.complete {
		if tcp, ok := c.Conn.(interface{ SetLinger(sec int) error }); ok {
			_ = tcp.SetLinger(0)
		}
	}
	return c.Conn.Close()
}
