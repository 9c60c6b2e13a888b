package providertest

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Speaker is one provider and its adapter.
type Speaker struct {
	// New returns a sender that calls the API at an address.
	New func(t *testing.T, url string, timeout time.Duration) ports.Sender
	// Notification is what is sent.
	Notification ports.Notification
	// Accepted and Refused are the status, such as "200 OK", and the body of the
	// answers to a send that is accepted, and that is refused because of its recipient.
	// None is the body of the answer to a look-up that finds no message.
	Accepted, Refused [2]string
	None              string
}

// patience is the timeout of a request; a request without an answer is cancelled
// earlier.
const patience = time.Minute

// TestAnswers puts the provider's answers on the wire in every form that HTTP allows,
// and in many broken ones. A whole answer is believed. A broken one leaves open what
// became of the request, regardless of its text. Each call makes one request and ends.
func TestAnswers(t *testing.T, s Speaker) {
	frames := wholeFrames()
	maps.Copy(frames, brokenFrames())
	for name, f := range frames {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			send := func(ctx context.Context, sender ports.Sender) error {
				_, err := sender.Send(ctx, s.Notification)
				return err
			}
			s.call(t, f, answer{s.Accepted[0], s.Accepted[1]}, "", domain.ClassUnknownOutcome, send)
			s.call(t, f, answer{s.Refused[0], s.Refused[1]}, domain.ClassRecipientRejected, domain.ClassUnknownOutcome, send)
			s.call(t, f, answer{"200 OK", s.None}, "", domain.ClassTransient, func(ctx context.Context, sender ports.Sender) error {
				_, err := sender.LookUp(ctx, ports.LookUp{Handle: sender.Handle(s.Notification), ClaimedAt: time.Now()})
				if f.whole && errors.Is(err, ports.ErrNotFound) {
					return nil
				}
				return err
			})
		})
	}
}

// call makes one call that is answered with a in the form of f, and cancels it if the
// answer does not end. believed is the expected class if the answer can be read, empty
// for success; doubted is the expected class if it cannot.
func (s *Speaker) call(t *testing.T, f frame, a answer, believed, doubted domain.Class, call func(context.Context, ports.Sender) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	over := make(chan struct{})
	defer close(over)
	wire := NewWire(t, func(c net.Conn) bool { return f.write(c, a, cancel, over) })
	want := doubted
	if f.whole {
		want = believed
	}
	ended := make(chan error, 1)
	sender := s.New(t, wire.URL, patience)
	go func() { ended <- call(ctx, sender) }()
	select {
	case err := <-ended:
		if got := classOf(err); got != want || wire.Requests() != 1 {
			t.Errorf("%s %.40s: class %q (%v) and %d requests, want %q and 1", a.status, a.body, got, err, wire.Requests(), want)
		}
	case <-time.After(2 * patience):
		t.Fatalf("%s %.40s: the call does not end", a.status, a.body)
	}
}

func classOf(err error) domain.Class {
	if err == nil {
		return ""
	}
	return domain.AsFailure(err).Class
}

// write answers in the form of the frame. It calls waits once the caller waits for more.
func (f *frame) write(c net.Conn, a answer, waits func(), over <-chan struct{}) (goOn bool) {
	text := f.text(a)
	_, err := io.WriteString(c, text)
	if f.whole {
		return f.open
	}
	for f.endless && err == nil {
		waits()
		_, err = io.WriteString(c, text)
	}
	if f.open {
		waits()
		<-over
	}
	return false
}
