package mailgun_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/mailgun"
)

// busy is a Mailgun that keeps connections and looks at every message that comes
// whole: all of it must be about one appointment.
type busy struct {
	*httptest.Server
	connections, whole atomic.Int64
	mixed              atomic.Pointer[string]
	// hang holds, for appointments that are not answered, what to do once they came.
	hang sync.Map
}

func newBusy(t *testing.T) *busy {
	b := &busy{}
	b.Server = httptest.NewUnstartedServer(http.HandlerFunc(b.take))
	b.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			b.connections.Add(1)
		}
	}
	b.Start()
	t.Cleanup(b.Close)
	return b
}

func (b *busy) take(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseMultipartForm(1 << 20); err != nil {
		return
	}
	in := read(r)
	id := in.Form["v:appointment_id"][0]
	for part, text := range map[string]string{
		"to": in.Form["to"][0], "text": in.Form["text"][0], "HTML": in.Form["html"][0], "calendar": in.Files["attachment/appointment.ics"],
	} {
		if !strings.Contains(text, id) || strings.Count(text, "appointment-") != strings.Count(text, id) {
			mixed := fmt.Sprintf("the %s of the message about %s reads %q", part, id, text)
			b.mixed.Store(&mixed)
		}
	}
	b.whole.Add(1)
	if came, hangs := b.hang.Load(id); hangs {
		came.(context.CancelFunc)()
		<-r.Context().Done()
		return
	}
	_, _ = io.WriteString(w, `{"id":"<1@mg.clinic.example>","message":"Queued. Thank you."}`)
}

// about returns the notification of an appointment.
func about(id string) ports.Notification {
	e := &domain.Event{AppointmentID: id, Time: time.Date(2031, 5, 6, 14, 30, 0, 0, time.UTC)}
	to := id + "@patients.example"
	return ports.Notification{Key: domain.NewKey(e, domain.Email, to), Event: e, Recipient: to}
}

const slots, perSlot = 32, 20

// fill lets every slot send one message after the other.
func fill(s *mailgun.Sender, send func(s *mailgun.Sender, id string)) {
	var running sync.WaitGroup
	for slot := range slots {
		running.Go(func() {
			for i := range perSlot {
				send(s, fmt.Sprintf("appointment-%d-%d.", slot, i))
			}
		})
	}
	running.Wait()
}

func (b *busy) sender(t *testing.T) *mailgun.Sender {
	cfg := newScripted(t).config()
	cfg.BaseURL, cfg.DialContext, cfg.Slots, cfg.Timeout = b.URL, nil, slots, time.Minute
	return newSender(t, cfg)
}

func TestEverySlotKeepsItsConnection(t *testing.T) {
	b := newBusy(t)
	fill(b.sender(t), func(s *mailgun.Sender, id string) {
		if _, err := s.Send(t.Context(), about(id)); err != nil {
			t.Error(err)
		}
	})
	const forReceipts = 4 // which may be used for messages too
	if n := b.connections.Load(); n > slots+forReceipts || b.whole.Load() != slots*perSlot {
		t.Errorf("%d connections for %d slots, %d messages", n, slots, b.whole.Load())
	}
}

// Buffers are used again while other requests are given up at every moment of
// theirs; a message that arrives whole is still about one appointment.
func TestMessagesAtOnceAreNeverMixed(t *testing.T) {
	b := newBusy(t)
	fill(b.sender(t), func(s *mailgun.Sender, id string) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		switch {
		case strings.HasSuffix(id, "3."):
			b.hang.Store(id, cancel) // given up when it has arrived
		case strings.HasSuffix(id, "7."):
			go cancel() // given up at any moment
		}
		_, _ = s.Send(ctx, about(id))
	})
	if mixed := b.mixed.Load(); mixed != nil {
		t.Error(*mixed)
	}
	if n := b.whole.Load(); n < slots*perSlot*8/10 {
		t.Errorf("%d messages arrived whole: too few", n)
	}
}
