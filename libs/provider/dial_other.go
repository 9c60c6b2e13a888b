//go:build !linux

package provider

import (
	"syscall"
	"time"
)

// userTimeout does nothing where TCP_USER_TIMEOUT does not exist: how long a written
// request is retransmitted is then up to the system.
func userTimeout(time.Duration) func(network, address string, c syscall.RawConn) error { return nil }
