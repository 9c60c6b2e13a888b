package mailgun

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// wire is a dialler whose connections are pipes to far, and which counts the writes
// on them.
type wire struct {
	far    func(net.Conn)
	writes atomic.Int64
	// hold, if set, keeps each write in the system call after its first bytes.
	hold chan struct{}
}

func (w *wire) dial(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	go w.far(far)
	return &counted{near, w}, nil
}

type counted struct {
	net.Conn
	wire *wire
}

const held = 100

func (c *counted) Write(p []byte) (int, error) {
	c.wire.writes.Add(1)
	if c.wire.hold == nil {
		return c.Conn.Write(p)
	}
	n, _ := c.Conn.Write(p[:held])
	<-c.wire.hold
	return n, net.ErrClosed
}

const accepted = "HTTP/1.1 200 OK\r\nContent-Length: 31\r\n\r\n" + `{"id": "<1@mg.clinic.example>"}`

// answers reads whole requests and accepts each.
func answers(far net.Conn) {
	in := bufio.NewReader(far)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(far, accepted)
	}
}

// answersEarly accepts what it has read the beginning of, and reads no more.
func answersEarly(far net.Conn) {
	_, _ = io.ReadFull(far, make([]byte, held))
	_, _ = io.WriteString(far, accepted)
}

// A request that is cut in two could be cut by its deadline.
func TestAMessageIsOneWrite(t *testing.T) {
	w := &wire{far: answers}
	s := senderOf(t, w.dial)
	const sends = 5
	for i := range sends {
		if _, err := s.Send(t.Context(), plainNotification(strconv.Itoa(i))); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.writes.Load(); n != sends {
		t.Errorf("%d writes for %d messages", n, sends)
	}
}

// While net/http may still read a body, the next message must not be written into
// it: that of a request that was answered before it was written, or given up.
func TestABufferIsUsedAgainOnlyWhenItsRequestIsOver(t *testing.T) {
	long := strings.Repeat("x", 30_000) // more than net/http takes over before it writes
	for _, c := range []struct {
		name, id string
		far      func(net.Conn)
		want     bool
	}{
		{"answered", "A-1", answers, true},
		{"answered, long", long, answers, true},
		{"answered before it is written", long, answersEarly, false},
		{"given up", long, func(net.Conn) {}, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := &wire{far: c.far}
			if c.name == "answered before it is written" {
				w.hold = make(chan struct{})
				defer close(w.hold)
			}
			s := senderOf(t, w.dial)
			recycled := false
			for range 20 { // the race detector lets the pool forget now and then
				_, err := s.Send(t.Context(), plainNotification(c.id))
				if (err == nil) != (c.name != "given up") {
					t.Errorf("%s: %v", c.name, err)
				}
				recycled = recycled || s.forms.buffers.Get() != nil
			}
			if recycled != c.want {
				t.Errorf("%s: the buffer is used again: %t", c.name, recycled)
			}
			s.Close()
		})
	}
}

func plainNotification(id string) ports.Notification {
	e := &domain.Event{AppointmentID: id, Time: time.Date(2031, 5, 6, 14, 30, 0, 0, time.UTC)}
	const to = "patient@clinic.example"
	return ports.Notification{Key: domain.NewKey(e, domain.Email, to), Event: e, Recipient: to}
}
