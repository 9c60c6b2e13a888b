package statuscmd

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
)

// collect asks every topic that may know the appointment.
func collect(ctx context.Context, r *reader, id string, all bool) (*Report, error) {
	report := &Report{Appointment: id, AllPartitions: all, Events: []Event{}, Channels: []Channel{}, DeadLetters: []DeadLetter{}}
	named := r.cluster.Settings.Topics
	read := func(topic string, fn func(*kgo.Record)) error {
		err := r.read(ctx, topic, id, all, fn)
		if errors.Is(err, errNoTopic) {
			report.Missing = append(report.Missing, topic)
			return nil
		}
		return err
	}
	events := eventsOf(id)
	if err := read(named.Source, events.add); err != nil {
		return nil, err
	}
	report.Events = append(report.Events, events.found...)
	for _, ch := range domain.Channels() {
		story := newStory(id)
		if err := read(named.Declared().LedgerFor(ch), story.add); err != nil {
			return nil, err
		}
		if story.err != nil {
			return nil, story.err
		}
		report.Channels = append(report.Channels, Channel{Channel: ch, Notifications: story.tell()})
	}
	if err := read(named.DLQ, report.addDeadLetter); err != nil {
		return nil, err
	}
	return report, resolve(ctx, r, report)
}

// events collects what was published about an appointment.
type events struct {
	id      string
	decoder *domain.Decoder
	found   []Event
}

func eventsOf(id string) *events { return &events{id: id, decoder: domain.NewDecoder()} }

// mentions tells whether r may be about the appointment, so that others need
// not be decoded.
func mentions(r *kgo.Record, id string) bool {
	return string(r.Key) == id || bytes.Contains(r.Value, []byte(id))
}

// add keeps r when its key or its value names the appointment.
func (e *events) add(r *kgo.Record) {
	if !mentions(r, e.id) {
		return
	}
	place := Place{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Time: r.Timestamp.UTC()}
	decoded, err := e.decoder.Decode(r.Value)
	switch {
	case err != nil && string(r.Key) == e.id:
		e.found = append(e.found, Event{Place: place, Invalid: domain.AsFailure(err).Code})
	case err == nil && decoded.AppointmentID == e.id:
		found := Event{Place: place, Requested: decoded.RequestedChannels(), AppointmentTime: &decoded.Time, Revision: decoded.Revision}
		if err := decoded.Validate(); err != nil {
			found.Invalid = domain.AsFailure(err).Code
		}
		e.found = append(e.found, found)
	}
}

// addDeadLetter keeps a record of the dead-letter topic that names the
// appointment. Whether it is open is not known before resolve.
func (r *Report) addDeadLetter(record *kgo.Record) {
	if !mentions(record, r.Appointment) {
		return
	}
	if string(record.Key) != r.Appointment {
		decoded, err := domain.NewDecoder().Decode(record.Value)
		if err != nil || decoded.AppointmentID != r.Appointment {
			return
		}
	}
	// What can be read of a broken envelope is shown all the same.
	e, err := envelope.Decode(envelope.FromKafka(record.Headers))
	if errors.Is(err, envelope.ErrNone) {
		return
	}
	r.DeadLetters = append(r.DeadLetters, DeadLetter{
		ID: e.ID, Channel: e.Channel, Class: e.Class, Code: e.Code, Message: e.Message,
		Attempts: e.Attempts, FailedAt: e.FailedAt.UTC(), Source: placeOf(e.Origin), Replays: e.ReplayCount, Open: true,
	})
}

// resolve tells what became of the dead letters. The topic is read only when
// there are some.
func resolve(ctx context.Context, r *reader, report *Report) error {
	if len(report.DeadLetters) == 0 {
		return nil
	}
	// Events and dead letters of several partitions come in any order.
	slices.SortFunc(report.DeadLetters, func(a, b DeadLetter) int { return a.FailedAt.Compare(b.FailedAt) })
	known := envelope.Resolutions{}
	err := r.read(ctx, topics.Resolutions, "", true, func(record *kgo.Record) { known.Add(record.Key, record.Value) })
	if err != nil && !errors.Is(err, errNoTopic) {
		return err
	}
	for i := range report.DeadLetters {
		d := &report.DeadLetters[i]
		if resolution, ok := known[d.ID]; ok {
			// A replay without an answer is no repair.
			d.Open = !resolution.Closes(d.Replays) || !resolution.Status.Final()
			d.Resolution = describe(resolution)
		}
	}
	return nil
}

func describe(r envelope.Resolution) string {
	text := string(r.Status)
	for _, more := range []string{r.Reason, r.Code} {
		if more != "" {
			text += " (" + more + ")"
		}
	}
	return text + " at " + r.At.UTC().Format(time.RFC3339)
}
