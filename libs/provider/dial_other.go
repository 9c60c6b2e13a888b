//go:build !linux

package provider

import (
	"syscall"
	"time"
)

// userTimeout does nothing where TCP_USER_TIMEOUT does not exist: a written
// request may then be retransmitted for as long as the system likes.
func userTimeout(time.Duration) func(network, address string, c syscall.RawConn) error { return nil }
