package history

import (
	"context"
	"errors"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
)

// addDeadLetter keeps a record of the dead-letter topic that is about the
// appointment. Whether it is open is not known before resolve.
func (a *Appointment) addDeadLetter(s *subject, r *kgo.Record) {
	// The key is verbatim, and the value need not be readable.
	if _, about, _ := s.decode(r); !about && string(r.Key) != s.id {
		return
	}
	// The readable part of a broken envelope is still shown.
	e, err := envelope.Decode(envelope.FromKafka(r.Headers))
	if errors.Is(err, envelope.ErrNone) {
		return
	}
	a.DeadLetters = append(a.DeadLetters, DeadLetter{
		ID: e.ID, Channel: e.Channel, Class: e.Class, Code: e.Code, Message: e.Message,
		Attempts: e.Attempts, FailedAt: e.FailedAt.UTC(), Source: placeOf(e.Origin), Replays: e.ReplayCount, Open: true,
	})
}

// resolve adds what became of the dead letters. The topic is read only if there are
// dead letters.
func (r *Reader) resolve(ctx context.Context, a *Appointment) error {
	if len(a.DeadLetters) == 0 {
		return nil
	}
	// Dead letters of several partitions come in any order.
	slices.SortStableFunc(a.DeadLetters, func(x, y DeadLetter) int { return x.FailedAt.Compare(y.FailedAt) })
	known := envelope.Resolutions{}
	err := r.read(ctx, topics.Resolutions, "", true, func(record *kgo.Record) { known.Add(record.Key, record.Value) })
	if errors.Is(err, errNoTopic) {
		a.Missing = append(a.Missing, topics.Resolutions)
		return nil
	}
	if err != nil {
		return err
	}
	for i := range a.DeadLetters {
		d := &a.DeadLetters[i]
		if resolution, ok := known[d.ID]; ok {
			d.Open = !resolution.Closes(d.Replays) || !resolution.Status.Final()
			d.Resolution = &resolution
		}
	}
	return nil
}
