//go:build unix

package nonblock

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/nettest"
)

// pair returns both ends of a TCP connection of this package.
func pair() (near, far net.Conn, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, nil, err
	}
	defer func() { _ = l.Close() }()
	if near, err = net.Dial("tcp", l.Addr().String()); err != nil {
		return nil, nil, nil, err
	}
	if far, err = l.Accept(); err != nil {
		_ = near.Close()
		return nil, nil, nil, err
	}
	near, far = New(near), New(far)
	return near, far, func() {
		_ = near.Close()
		_ = far.Close()
	}, nil
}

func open(t *testing.T) (near, far net.Conn) {
	t.Helper()
	near, far, stop, err := pair()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return near, far
}

func TestItBehavesAsAConnection(t *testing.T) { nettest.TestConn(t, pair) }

// What is longer than a call moves goes the usual way, and all arrives in order; what
// finds no room waits for it.
func TestAllLengthsArriveInOrder(t *testing.T) {
	near, far := open(t)
	var sent bytes.Buffer
	go func() {
		for _, n := range []int{1, maxBytes, maxBytes + 1, 100, 4 << 20, maxBytes - 1, 0, 3} {
			part := bytes.Repeat([]byte{byte(n % 251)}, n)
			sent.Write(part)
			if _, err := near.Write(part); err != nil {
				t.Error(err)
			}
		}
		_ = near.Close()
	}()
	got, err := io.ReadAll(far)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, sent.Bytes()) {
		t.Errorf("%d bytes arrived, want the %d that were sent", len(got), sent.Len())
	}
}

func TestErrorsAreThoseOfAConnection(t *testing.T) {
	near, far := open(t)
	if err := near.SetReadDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	_, err := near.Read(make([]byte, 1))
	var timeout net.Error
	if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("past the deadline: %v", err)
	}
	if err := far.(*Conn).SetLinger(0); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(near.SetReadDeadline(time.Time{}), far.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err = near.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("after a reset: %v", err)
	}
	if _, err = near.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("a write after a reset: %v", err)
	}
	plain, of := new(net.OpError), new(net.OpError)
	_, want := near.(*Conn).TCPConn.Write([]byte("x"))
	if !errors.As(err, &of) || !errors.As(want, &plain) || err.Error() != want.Error() {
		t.Errorf("a write after a reset is worded %q, want %q", err, want)
	}
	_ = near.Close()
	if _, err = near.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a write after Close: %v", err)
	}
}

// A connection that is no TCP connection has no file descriptor of that kind.
func TestOthersStayAsTheyAre(t *testing.T) {
	c, other := net.Pipe()
	defer func() { _, _ = c.Close(), other.Close() }()
	if New(c) != c {
		t.Error("a pipe was replaced")
	}
}
