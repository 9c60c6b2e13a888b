//go:build unix

package provider

import (
	"errors"
	"syscall"

	"github.com/kafka-notifications/kafka-notifications/libs/nonblock"
)

// lookAt reads what is there without waiting, as database/sql drivers do before
// they use a connection again: an open socket without data answers EAGAIN, a
// closed one 0. A byte that is read is lost; the connection is not used any more.
func (c *guardedConn) lookAt(fd uintptr) (done bool) {
	var b [1]byte
	_, err := nonblock.Read(fd, b[:])
	c.silent = errors.Is(err, syscall.EAGAIN)
	return true
}
