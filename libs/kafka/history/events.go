package history

import (
	"bytes"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// subject is the appointment that is asked about.
type subject struct {
	id      string
	decoder *domain.Decoder
}

// decode returns the event in r, if r is about the appointment: its key or its value
// names it. Records of others are not decoded. The error is that of an event which only
// its key names.
func (s *subject) decode(r *kgo.Record) (e *domain.Event, about bool, err error) {
	named := string(r.Key) == s.id
	if !named && !bytes.Contains(r.Value, []byte(s.id)) {
		return nil, false, nil
	}
	e, err = s.decoder.Decode(r.Value)
	if err != nil {
		return nil, named, err
	}
	return e, e.AppointmentID == s.id, nil
}

// addEvent keeps a record of the source that is about the appointment.
func (a *Appointment) addEvent(s *subject, r *kgo.Record) {
	e, about, err := s.decode(r)
	if !about {
		return
	}
	found := Event{Place: Place{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Time: r.Timestamp.UTC()}}
	if err == nil {
		found.Requested, found.AppointmentTime, found.Revision = e.RequestedChannels(), &e.Time, e.Revision
		err = e.Validate()
	}
	if err != nil {
		found.Invalid = domain.AsFailure(err).Code
	}
	a.Events = append(a.Events, found)
}
