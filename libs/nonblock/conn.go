//go:build unix

package nonblock

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
)

// maxBytes is the most that one such call moves. Copying more would keep a processor
// from the garbage collector for longer than it is worth; the usual call moves it.
const maxBytes = 64 << 10

// Conn is a TCP connection with the reads and writes of this package. It behaves as
// the connection in it: deadlines, Close, errors, and use by several goroutines at
// once. Those that read wait for each other, and so do those that write.
type Conn struct {
	*net.TCPConn
	raw              syscall.RawConn
	reading, writing transfer
}

// transfer is one direction. Its function is made once: one for each call would be
// garbage after it.
type transfer struct {
	mu   sync.Mutex
	move func(fd uintptr) (done bool)
	// b is what is read or written, n how much of it has been, and err why it is no more.
	b   []byte
	n   int
	err error
}

// New returns c with the reads and writes of this package, or c itself where it is not
// a TCP connection.
func New(c net.Conn) net.Conn {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return c
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return c
	}
	q := &Conn{TCPConn: tcp, raw: raw}
	q.reading.move, q.writing.move = q.reading.read, q.writing.write
	return q
}

// Read implements net.Conn.
func (c *Conn) Read(b []byte) (int, error) {
	if len(b) == 0 || len(b) > maxBytes {
		return c.TCPConn.Read(b)
	}
	n, err := c.reading.run(b, c.raw.Read)
	if err == nil && n == 0 {
		return 0, io.EOF
	}
	return n, c.named("read", err)
}

// Write implements net.Conn.
func (c *Conn) Write(b []byte) (int, error) {
	if len(b) == 0 || len(b) > maxBytes {
		return c.TCPConn.Write(b)
	}
	n, err := c.writing.run(b, c.raw.Write)
	return n, c.named("write", err)
}

// run moves b. wait calls move at once, and again each time the socket is ready.
func (t *transfer) run(b []byte, wait func(func(fd uintptr) bool) error) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b, t.n, t.err = b, 0, nil
	err := wait(t.move)
	t.b = nil
	if err == nil {
		err = t.err
	}
	return t.n, err
}

// read reads what is there, once. At the end of the stream it reads nothing.
func (t *transfer) read(fd uintptr) (done bool) {
	n, err := Read(fd, t.b)
	if errors.Is(err, syscall.EAGAIN) {
		return false
	}
	if err != nil {
		t.err = os.NewSyscallError("read", err)
		return true
	}
	t.n = n
	return true
}

// write writes until all is written.
func (t *transfer) write(fd uintptr) (done bool) {
	for t.n < len(t.b) {
		n, err := Write(fd, t.b[t.n:])
		if errors.Is(err, syscall.EAGAIN) {
			return false
		}
		if err != nil {
			t.err = os.NewSyscallError("write", err)
			return true
		}
		t.n += n
	}
	return true
}

// named returns err as package net words it.
func (c *Conn) named(op string, err error) error {
	if err == nil {
		return nil
	}
	if of := (*net.OpError)(nil); errors.As(err, &of) {
		err = of.Err
	}
	return &net.OpError{Op: op, Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: err}
}
