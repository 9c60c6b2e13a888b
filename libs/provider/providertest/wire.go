package providertest

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
)

// Wire is a server on TCP that answers with any bytes, whether they are HTTP or not.
type Wire struct {
	// URL is where it listens.
	URL      string
	answer   func(net.Conn) (goOn bool)
	requests atomic.Int64
}

// NewWire returns a server that runs until the test ends. It reads each request to its
// end and calls answer, which may keep the connection for as long as it likes; the
// connection is closed unless answer returns true.
func NewWire(t testing.TB, answer func(net.Conn) (goOn bool)) *Wire {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	w := &Wire{URL: "http://" + l.Addr().String(), answer: answer}
	go w.accept(l)
	return w
}

// Requests returns how many requests arrived whole.
func (w *Wire) Requests() int { return int(w.requests.Load()) }

func (w *Wire) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go w.serve(c)
	}
}

func (w *Wire) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	in := bufio.NewReader(c)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		w.requests.Add(1)
		if !w.answer(c) {
			return
		}
	}
}
