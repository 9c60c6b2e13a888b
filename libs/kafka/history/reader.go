package history

import (
	"context"
	"errors"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
)

// Reader reads histories. Set all fields before use; it may be used
// concurrently.
type Reader struct {
	// Client asks the brokers. If it also consumes, that is not disturbed.
	Client *kgo.Client
	// Topics names what is read.
	Topics topics.Config
}

// Read returns what is known of the appointment. It searches the partition that the id
// belongs to first, and all others if nothing is found there: a producer with another
// partitioner may have put the events on any partition.
//
// It reads the partitions whole, as long as the brokers answer and ctx lasts. A topic
// that does not exist is reported as missing. The error is a *ledger.NewerError when a
// newer build wrote of the appointment: an incomplete history would be misleading.
func (r *Reader) Read(ctx context.Context, id string) (*Appointment, error) {
	a, err := r.search(ctx, id, false)
	if err != nil || !a.Empty() {
		return a, err
	}
	return r.ReadAll(ctx, id)
}

// ReadAll is Read on all partitions.
func (r *Reader) ReadAll(ctx context.Context, id string) (*Appointment, error) {
	return r.search(ctx, id, true)
}

// search asks every topic that may know the appointment.
func (r *Reader) search(ctx context.Context, id string, all bool) (*Appointment, error) {
	a := &Appointment{ID: id, AllPartitions: all, Events: []Event{}, DeadLetters: []DeadLetter{}}
	read := func(topic string, fn func(*kgo.Record)) error {
		err := r.read(ctx, topic, id, all, fn)
		if errors.Is(err, errNoTopic) {
			a.Missing = append(a.Missing, topic)
			return nil
		}
		return err
	}
	about := &subject{id: id, decoder: domain.NewDecoder()}
	if err := read(r.Topics.Source, func(record *kgo.Record) { a.addEvent(about, record) }); err != nil {
		return nil, err
	}
	if err := read(r.Topics.DLQ, func(record *kgo.Record) { a.addDeadLetter(about, record) }); err != nil {
		return nil, err
	}
	for _, ch := range domain.Channels() {
		told := newStory(id)
		if err := errors.Join(read(r.Topics.LedgerFor(ch), told.add), told.err); err != nil {
			return nil, err
		}
		a.Channels = append(a.Channels, a.channel(ch, told))
	}
	var told receiptBook
	if err := r.read(ctx, r.Topics.Outcomes, id, all, told.of(id)); unreadable(err) {
		a.Missing = append(a.Missing, r.Topics.Outcomes)
	} else if err != nil {
		return nil, err
	}
	a.Receipts = told.sorted()
	return a, r.resolve(ctx, a)
}

// channel returns the notifications of a channel's ledger, or the reason why there are
// none.
func (a *Appointment) channel(ch domain.Channel, told *story) Channel {
	c := Channel{Channel: ch, Notifications: told.tell()}
	switch {
	case len(c.Notifications) > 0:
	case slices.ContainsFunc(a.DeadLetters, func(d DeadLetter) bool { return d.Channel == ch }):
		c.Silence = NeverClaimed
	case slices.ContainsFunc(a.Events, func(e Event) bool { return slices.Contains(e.Requested, ch) }):
		c.Silence = NotRecorded
	default:
		c.Silence = NotAsked
	}
	return c
}
