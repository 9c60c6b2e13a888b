//go:build linux && !race

package nonblock

import (
	"syscall"
	"unsafe"
)

// Read is read(2) for a file descriptor that does not block. It is made again where a
// signal interrupts it.
func Read(fd uintptr, b []byte) (int, error) { return call(syscall.SYS_READ, fd, b) }

// Write is write(2) for a file descriptor that does not block. It is made again where a
// signal interrupts it.
func Write(fd uintptr, b []byte) (int, error) { return call(syscall.SYS_WRITE, fd, b) }

func call(number, fd uintptr, b []byte) (int, error) {
	for {
		n, _, errno := syscall.RawSyscall(number, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b))) //nolint:gosec // the kernel fills or reads b, which this frame keeps alive
		switch errno {
		case 0:
			return int(n), nil
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}
