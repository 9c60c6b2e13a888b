package outcomelog

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/receipts"
)

// messageOf returns the message that an outcome tells of.
func messageOf(o envelope.Outcome, offset int64) receipts.Message {
	m := receipts.Message{ProviderID: o.ProviderMessageID, Offset: offset, Ref: refOf(o), Doubtful: o.Outcome != domain.StatusSent}
	m.SentAt, _ = o.Time() // on an error the zero time, long ago: the message is asked about once
	if !m.Doubtful {
		return m
	}
	// The message was sent at some time after the event was published.
	origin, err := o.Origin()
	if err == nil && origin.Timestamp.Before(m.SentAt) && origin.TimestampKnown(m.SentAt) {
		m.SentAt = origin.Timestamp
	}
	return m
}

// A ref holds what a receipt takes over from its outcome, in a few bytes: there is one
// in memory for each message that waits. Its first byte says what follows.
const (
	hasRevision = 1 << iota
	hasDeadLetter
	hasReplay
	hasTextTime
	hasTrace
)

// refOf returns the ref of an outcome.
func refOf(o envelope.Outcome) string {
	var flags byte
	at, err := time.Parse(time.RFC3339, o.Event.Timestamp)
	if err != nil {
		flags |= hasTextTime
	}
	if o.Revision != nil {
		flags |= hasRevision
	}
	if o.DeadLetterID != "" {
		flags |= hasDeadLetter
	}
	traced, ok := o.Trace.ID()
	if ok && traced.Sampled() {
		flags |= hasTrace
	}
	if o.ReplayJob != "" || o.ReplayCount != 0 {
		flags |= hasReplay
	}
	b := append(make([]byte, 0, 96), flags)
	b = text(b, o.AppointmentID)
	b = text(b, o.Event.Topic)
	b = binary.AppendVarint(b, o.Event.Offset)
	if flags&hasTextTime == 0 {
		b = binary.AppendVarint(b, at.UnixMilli())
	} else {
		b = text(b, o.Event.Timestamp)
	}
	b = text(b, string(o.Status))
	if o.Revision != nil {
		b = binary.AppendVarint(b, *o.Revision)
	}
	if flags&hasDeadLetter != 0 {
		b = text(b, o.DeadLetterID)
	}
	if flags&hasReplay != 0 {
		b = text(b, o.ReplayJob)
		b = binary.AppendVarint(b, int64(o.ReplayCount))
	}
	if flags&hasTrace != 0 {
		b = append(append(b, traced.Trace[:]...), traced.Span[:]...)
	}
	return string(b)
}

func text(b []byte, s string) []byte {
	if w, ok := wordOf(s); ok {
		return binary.AppendVarint(b, -int64(w)-1)
	}
	return append(binary.AppendVarint(b, int64(len(s))), s...)
}

// usualTopic is where events are published if no setting says otherwise.
const usualTopic = "appointments.created"

// words are texts that occur in almost every ref, where they take one byte. Refs live
// only as long as the process, so the list may change.
func words() [5]string {
	return [...]string{usualTopic, string(domain.AppointmentConfirmed), string(domain.AppointmentRescheduled), string(domain.AppointmentCancelled), ""}
}

func wordOf(s string) (int, bool) {
	for i, w := range words() {
		if s == w {
			return i, true
		}
	}
	return 0, false
}

var errRef = errors.New("the ref of a message cannot be read")

// outcome returns the outcome of channel ch on a partition that ref was made of.
func outcome(ref string, ch domain.Channel, partition int32) (o envelope.Outcome, err error) {
	r := reader{rest: []byte(ref)}
	flags := r.byte()
	o.Channel, o.AppointmentID = ch, r.text()
	o.Event = envelope.OutcomeOrigin{Topic: r.text(), Partition: partition, Offset: r.number()}
	if flags&hasTextTime == 0 {
		o.Event.Timestamp = envelope.FormatTime(time.UnixMilli(r.number()))
	} else {
		o.Event.Timestamp = r.text()
	}
	o.Status = domain.AppointmentStatus(r.text())
	if flags&hasRevision != 0 {
		o.Revision = new(r.number())
	}
	if flags&hasDeadLetter != 0 {
		o.DeadLetterID = r.text()
	}
	if flags&hasReplay != 0 {
		o.ReplayJob, o.ReplayCount = r.text(), int(r.number())
	}
	if flags&hasTrace != 0 {
		o.Trace = r.trace()
	}
	if r.failed || len(r.rest) > 0 {
		return envelope.Outcome{}, errRef
	}
	return o, nil
}

// reader takes a ref apart.
type reader struct {
	rest   []byte
	failed bool
}

func (r *reader) byte() byte {
	if len(r.rest) == 0 {
		r.failed = true
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

func (r *reader) number() int64 {
	n, size := binary.Varint(r.rest)
	if size <= 0 {
		r.failed, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

// trace reads the context of a span that was recorded; its state is not kept.
func (r *reader) trace() ports.TraceContext {
	id := ports.TraceID{Flags: 1}
	if len(r.rest) < len(id.Trace)+len(id.Span) {
		r.failed, r.rest = true, nil
		return ports.TraceContext{}
	}
	r.rest = r.rest[copy(id.Trace[:], r.rest):]
	r.rest = r.rest[copy(id.Span[:], r.rest):]
	return id.Context()
}

// traceOf returns the context that a record of the outcomes topic carries.
func traceOf(r *kgo.Record) ports.TraceContext { return ports.TraceOf(envelope.FromKafka(r.Headers)) }

func (r *reader) text() string {
	n := r.number()
	all := words()
	switch {
	case n < 0 && -n <= int64(len(all)):
		return all[-n-1]
	case n < 0 || n > int64(len(r.rest)):
		r.failed, r.rest = true, nil
		return ""
	}
	s := string(r.rest[:n])
	r.rest = r.rest[n:]
	return s
}
