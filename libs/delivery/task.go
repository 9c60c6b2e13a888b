package delivery

import (
	"strconv"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Task is one record on its way to an outcome.
type Task struct {
	Record *ports.Record
	// Event is nil when Invalid is set.
	Event *domain.Event
	// Invalid is why the record could not be decoded.
	Invalid *domain.Failure
	// Arrived is when the record was read; zero when that is not known.
	Arrived time.Time
	// Superseded is closed when the record's lane knows a newer event of the same
	// appointment with other facts (domain.Version.Newer, domain.Facts.Differ),
	// behind this one in the queue or ahead of all queues. Nil when that is never
	// the case.
	Superseded <-chan struct{}
	// Accompanied reports whether the record's lane knows another event of the
	// same appointment, queued or found by looking ahead. It may be called at any
	// time, from any goroutine. Nil reports false.
	Accompanied func() bool
	// Followed is set when an event that this record may outdate was read together with
	// it.
	Followed bool
}

// NewTask decodes a record.
func NewTask(d *domain.Decoder, r *ports.Record) Task {
	event, err := d.Decode(r.Value)
	if err != nil {
		return Task{Record: r, Invalid: domain.AsFailure(err)}
	}
	return Task{Record: r, Event: event}
}

// superseded reports whether a newer event is known to the lane now.
func (t *Task) superseded() bool {
	select {
	case <-t.Superseded:
		return true
	default:
		return false
	}
}

// QueueKey returns the text that tasks of one appointment share: they are worked on one
// after another. A record that cannot be decoded has a queue of its own.
func (t *Task) QueueKey() string {
	if t.Event == nil {
		return "\x00" + t.Record.Topic + "\x00" + strconv.FormatInt(t.Record.Offset, 10)
	}
	return t.Event.AppointmentID
}

// Keyed reports whether the record's key is the appointment id. With another key
// the records of one appointment may lie on different partitions, where neither
// their order nor their duplicates can be seen.
func (t *Task) Keyed() bool {
	return t.Event == nil || string(t.Record.Key) == t.Event.AppointmentID
}
