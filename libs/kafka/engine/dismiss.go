package engine

import (
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// dismissed finishes a record at once if its event does not ask for the channel and
// concerns no other record, and reports whether it did. All channels share the source,
// so most records may be of this kind, and a turn in a queue costs several times as
// much.
func (g *registrar) dismissed(l *lane, h *half, t *delivery.Task, behind []*kgo.Record) (done bool) {
	if t.Event == nil || t.Event.Requested(g.cfg.Channel) {
		return false
	}
	if t.Followed = followed(t.Event, behind); t.Followed {
		return false
	}
	_ = g.guarded(func() error { // a record that panics here goes through its queue
		done = l.dismiss(h, t, g.deliverer)
		return nil
	})
	return done
}

// maxBehind bounds how many records behind an event are searched for another one of its
// appointment: a poll may bring very many.
const maxBehind = 256

// followed reports whether an event that e may outdate was polled with it:
//
//	revision 2, a cancellation, asks for nothing; revision 1, the booking, comes behind it
//	dismissed, it would leave nothing that withdraws the booking
//
// Without a revision e is older than every event behind it.
func followed(e *domain.Event, behind []*kgo.Record) bool {
	if e.Revision == nil {
		return false
	}
	for _, r := range behind[:min(len(behind), maxBehind)] {
		if string(r.Key) == e.AppointmentID {
			return true
		}
	}
	return false
}

// dismiss lets d end a record if neither the queues nor the look-ahead know another
// event of its appointment:
//
//	a booking waits in the queue; its cancellation asks for nothing
//	dismissed, it would not withdraw the booking
func (l *lane) dismiss(h *half, t *delivery.Task, d *delivery.Deliverer) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.epoch == nil, h != l.halves[l.source]:
		return false
	case l.queues[t.Event.AppointmentID] != nil, h.ahead.knowsOther(t.Event, t.Record.Offset):
		return false
	case !d.Dismiss(t, l.epoch.ledger):
		return false
	}
	h.tracker.pass(t.Record.Offset)
	h.moved = time.Now()
	h.ahead.caughtUp(h.tracker.next, t.Event.AppointmentID, t.Event.Revision != nil)
	return true
}
