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

func (c *counted) Write(p []byte) (int, error) {
	c.wire.writes.Add(1)
	return c.Conn.Write(p)
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

// A request that was given up is over as well: nothing reads its body any more.
// TestMessagesAtOnceAreNeverMixed looks at what that could do.
func TestABufferIsUsedAgainWhateverBecameOfItsRequest(t *testing.T) {
	for name, far := range map[string]func(net.Conn){"answered": answers, "given up": func(net.Conn) {}} {
		synctest.Test(t, func(t *testing.T) {
			s := senderOf(t, (&wire{far: far}).dial)
			recycled := false
			for range 20 { // the race detector lets the pool forget now and then
				_, err := s.Send(t.Context(), plainNotification(strings.Repeat("x", 30_000))) // more than one write
				if (err == nil) != (name == "answered") {
					t.Errorf("%s: %v", name, err)
				}
				recycled = recycled || s.forms.sent.Get() != nil
			}
			if !recycled {
				t.Errorf("%s: no buffer is used again", name)
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
