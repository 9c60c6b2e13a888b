//go:build unix

package provider

import (
	"errors"
	"syscall"

	"github.com/kafka-notifications/kafka-notifications/libs/nonblock"
)

// lookAt reads without waiting, as database/sql drivers do before they use a connection
// again: an open socket without data returns EAGAIN, a closed one 0. If it reads a
// byte, that byte is lost, but such a connection is not used again.
func (c *guardedConn) lookAt(fd uintptr) (done bool) {
	var b [1]byte
	_, err := nonblock.Read(fd, b[:])
	c.silent = errors.Is(err, syscall.EAGAIN)
	return true
}
