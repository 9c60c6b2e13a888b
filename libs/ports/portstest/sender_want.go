package portstest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// notification returns a notification that differs for each i, recipient
// included.
func notification(t *testing.T, h SenderHarness, i int) ports.Notification {
	t.Helper()
	ch := h.Channel
	event, err := domain.NewDecoder().Decode(fmt.Appendf(nil, `{
		"appointment_id": "A-%d", "time": "2031-05-06T14:30:00+02:00", "timezone": "Europe/Berlin",
		%q: %q, "notify": {%q: true}}`, i, ch.Member(), h.Address(i), ch))
	if err != nil {
		t.Fatal(err)
	}
	recipient, err := event.Recipient(ch)
	if err != nil {
		t.Fatal(err)
	}
	return ports.Notification{
		Key: domain.NewKey(event, ch, recipient), Event: event, Recipient: recipient,
		EventTime: time.Date(2031, 5, 1, 9, 0, 0, 0, time.UTC),
	}
}

// wantFailure checks the class of err, and that no text in its chain contains the
// recipient or a secret.
func wantFailure(t *testing.T, h SenderHarness, n ports.Notification, err error, class domain.Class) *domain.Failure {
	t.Helper()
	var f *domain.Failure
	if !errors.As(err, &f) {
		t.Fatalf("error %v is no *domain.Failure", err)
	}
	if f.Class != class || f.Code == "" {
		t.Errorf("%v: class %s, want %s and a code", err, f.Class, class)
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		for _, secret := range append([]string{n.Recipient}, h.Secrets...) {
			if text := fmt.Sprintf("%v %+v", e, e); strings.Contains(text, secret) {
				t.Errorf("the error shows what it must not: %s", text)
			}
		}
	}
	return f
}

// wantClass is wantFailure without a result.
func wantClass(t *testing.T, h SenderHarness, n ports.Notification, err error, class domain.Class) {
	t.Helper()
	_ = wantFailure(t, h, n, err, class)
}

// wantFound checks that a look-up finds the message of handle.
func wantFound(t *testing.T, s ports.Sender, n ports.Notification, handle string) {
	t.Helper()
	accepted, err := s.LookUp(t.Context(), ports.LookUp{Handle: handle, ClaimedAt: time.Now()})
	if err != nil || accepted.ProviderID == "" {
		t.Errorf("LookUp of %s = %+v, %v; want it found", n.Event.AppointmentID, accepted, err)
	}
}

// wantAccepted checks who got a message, in order.
func wantAccepted(t *testing.T, h SenderHarness, recipients ...string) {
	t.Helper()
	if got := h.Accepted(); !slices.Equal(got, recipients) {
		t.Errorf("accepted %q, want %q", got, recipients)
	}
}

// until waits for a condition.
func until(t *testing.T, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !condition(); <-tick.C {
		if time.Now().After(deadline) {
			t.Error("the condition never held")
			return
		}
	}
}
