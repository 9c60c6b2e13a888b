package democmd

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// bookings are the appointments of the demo, by recipient: each appointment has
// recipients of its own.
type bookings struct {
	mu   sync.Mutex
	last map[string]appointment
}

var (
	errNoBooking = errors.New("no appointment of the demo has this recipient")
	errCancelled = errors.New("the appointment is cancelled already")
)

// keep records the present state of an appointment.
func (b *bookings) keep(a appointment, recipients map[string]string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.last == nil {
		b.last = map[string]appointment{}
	}
	for _, recipient := range recipients {
		b.last[recipient] = a
	}
}

// next returns the appointment of a recipient with its next revision.
func (b *bookings) next(recipient string) (appointment, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a, known := b.last[recipient]
	switch {
	case !known:
		return a, errNoBooking
	case a.status == string(domain.AppointmentCancelled):
		return a, errCancelled
	}
	a.revision++
	a.repeat = false
	return a, nil
}

// move publishes a recipient's appointment a day later.
func (d *demo) move(ctx context.Context, recipient string) (string, error) {
	a, err := d.bookings.next(recipient)
	if err != nil {
		return "", err
	}
	a.status, a.at = string(domain.AppointmentRescheduled), a.at.Add(24*time.Hour)
	return fmt.Sprintf("%s was moved by a day: a new message is on its way.", a.id), d.write(ctx, a)
}

// cancel publishes the cancellation of a recipient's appointment.
func (d *demo) cancel(ctx context.Context, recipient string) (string, error) {
	a, err := d.bookings.next(recipient)
	if err != nil {
		return "", err
	}
	a.status = string(domain.AppointmentCancelled)
	return a.id + " was cancelled: a message that says so is on its way.", d.write(ctx, a)
}

// approve switches SMS on, as after the approval of a toll-free number: a changed
// setting and a restart, also of the replayer, whose console shows it. From then on
// appointments also ask for a text message.
func (d *demo) approve() (string, error) {
	if d.sms.Swap(true) {
		return "SMS is on already.", nil
	}
	var err error
	for _, s := range d.services[1:] {
		err = errors.Join(err, s.set("SMS_WORKER_ENABLED", "true"))
	}
	return "The toll-free number is approved: the sms-worker restarts with SMS_WORKER_ENABLED=true.", err
}
