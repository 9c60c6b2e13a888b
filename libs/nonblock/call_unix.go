//go:build unix && (!linux || race)

package nonblock

import "syscall"

// Read is read(2) for a file descriptor that does not block. It is made again where a
// signal interrupts it.
func Read(fd uintptr, b []byte) (int, error) { return call(syscall.Read, fd, b) }

// Write is write(2) for a file descriptor that does not block. It is made again where a
// signal interrupts it.
func Write(fd uintptr, b []byte) (int, error) { return call(syscall.Write, fd, b) }

func call(again func(fd int, b []byte) (int, error), fd uintptr, b []byte) (int, error) {
	for {
		n, err := again(int(fd), b)
		switch err {
		case nil:
			return n, nil
		case syscall.EINTR:
		default:
			return 0, err
		}
	}
}
