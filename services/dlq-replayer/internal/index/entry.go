// Package index holds the content of the dead-letter topic: the metadata of each dead
// letter and its resolution, in bounded memory. Values are read on demand. It knows
// nothing of flags and terminals.
package index

import (
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// maxText bounds each text of an entry, in bytes. Other tools may write to the topic as
// well.
const maxText = 256

// maxName bounds a key and an appointment id, in bytes: the longest appointment id.
const maxName = 256 * utf8.UTFMax

// Fault is the reason why a dead letter cannot be replayed.
type Fault string

// The faults.
const (
	// FaultForeign: another tool wrote it, so its channel is unknown.
	FaultForeign Fault = "foreign"
	// FaultMalformed: its dlq-* headers are incomplete.
	FaultMalformed Fault = "malformed"
	// FaultUnknownChannel: its channel has no replay topic here.
	FaultUnknownChannel Fault = "unknown_channel"
	// FaultTruncated: its value was too large for the topic and was cut.
	FaultTruncated Fault = "truncated"
)

// Entry is the index's record of one dead letter. A key, an id or another tool's
// message may contain a recipient: mask those before they are shown.
type Entry struct {
	// ID is the dlq-id, or for another tool's dead letter an id derived from its place.
	ID string
	// Partition and Offset are the place in the dead-letter topic; if there are several
	// copies, that of the newest.
	Partition int32
	Offset    int64
	Copies    int

	Scheme  envelope.Scheme
	Fault   Fault
	Channel domain.Channel
	Class   domain.Class
	Code    string
	// Message may quote a recipient unless Scheme is SchemeOwn.
	Message string
	Group   string
	Origin  ports.Origin

	Key           string
	AppointmentID string
	// PersonalKey and PersonalAppointment are set if the key or the appointment id
	// contains the event's recipient.
	PersonalKey, PersonalAppointment bool

	Attempts                int
	FirstFailedAt, FailedAt time.Time
	// WrittenAt is the timestamp of the record.
	WrittenAt   time.Time
	ReplayCount int
	ReplayJob   string
	// Bytes is the size of key, value and headers.
	Bytes int
}

// newEntry reads the metadata of a dead letter. It accepts any record.
func newEntry(r *kgo.Record) Entry {
	e := Entry{
		Partition: r.Partition, Offset: r.Offset, Copies: 1, Bytes: size(r), Key: bounded(string(r.Key), maxName),
		FailedAt: r.Timestamp, FirstFailedAt: r.Timestamp, WrittenAt: r.Timestamp, Scheme: envelope.SchemeNone,
	}
	e.readValue(r.Value)
	headers := envelope.FromKafka(r.Headers)
	own, err := envelope.Decode(headers)
	var malformed *envelope.MalformedError
	switch {
	case err == nil:
		e.readOwn(own)
		return e
	case errors.As(err, &malformed):
		e.readOwn(own)
		e.Fault = FaultMalformed
	default:
		e.readForeign(headers)
		e.Fault = FaultForeign
	}
	// The id in malformed headers may be that of another dead letter.
	e.ID = envelope.ID("", ports.Origin{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Timestamp: r.Timestamp})
	return e
}

func (e *Entry) readOwn(own envelope.Envelope) {
	e.ID, e.Scheme = own.ID, envelope.SchemeOwn
	e.Channel, e.Class, e.Code = own.Channel, own.Class, short(own.Code)
	e.Message, e.Group, e.Origin = short(own.Message), short(own.Group), own.Origin
	e.Attempts, e.ReplayCount, e.ReplayJob = own.Attempts, own.ReplayCount, short(own.ReplayJob)
	if !own.FailedAt.IsZero() {
		e.FailedAt = own.FailedAt
	}
	if !own.FirstFailedAt.IsZero() {
		e.FirstFailedAt = own.FirstFailedAt
	}
	if !e.Channel.Valid() {
		e.Fault = FaultUnknownChannel
	}
	if own.TruncatedFrom > 0 {
		e.Fault = FaultTruncated
	}
}

func (e *Entry) readForeign(headers []ports.Header) {
	f, _ := envelope.DecodeForeign(headers)
	e.Scheme = f.Scheme
	e.Origin = ports.Origin{Topic: short(f.Topic), Partition: f.Partition, Offset: f.Offset, Timestamp: f.Timestamp}
	e.Code, e.Message, e.Group = short(f.Exception), short(f.Message), short(f.Group)
}

// readValue takes the appointment id from the event, even if the rest of it is broken;
// without an id it uses the key.
func (e *Entry) readValue(value []byte) {
	e.AppointmentID = e.Key
	var event struct {
		ID    json.RawMessage `json:"appointment_id"`
		Email json.RawMessage `json:"email"`
		Phone json.RawMessage `json:"phone_e164"`
	}
	if json.Unmarshal(value, &event) != nil {
		return
	}
	if id := scalar(event.ID); id != "" {
		e.AppointmentID = bounded(id, maxName)
	}
	key, appointment := strings.ToLower(e.Key), strings.ToLower(e.AppointmentID)
	for _, recipient := range []string{scalar(event.Email), strings.TrimPrefix(scalar(event.Phone), "+")} {
		if recipient = strings.ToLower(recipient); recipient != "" {
			e.PersonalKey = e.PersonalKey || strings.Contains(key, recipient)
			e.PersonalAppointment = e.PersonalAppointment || strings.Contains(appointment, recipient)
		}
	}
}

// scalar returns a JSON string's text or a number's digits, otherwise an empty text.
func scalar(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var n json.Number
	if json.Unmarshal(raw, &n) == nil {
		return n.String()
	}
	return ""
}

// size is the record's size in a batch, without the batch's own header.
func size(r *kgo.Record) int {
	const varints = 32
	n := len(r.Key) + len(r.Value) + varints
	for _, h := range r.Headers {
		n += len(h.Key) + len(h.Value) + varints/3
	}
	return n
}

func short(s string) string { return bounded(s, maxText) }

// bounded truncates s and makes it valid UTF-8. It also copies it, because it would
// otherwise keep the whole record in memory.
func bounded(s string, most int) string {
	if len(s) > most {
		end := most
		for end > 0 && !utf8.RuneStart(s[end]) {
			end--
		}
		s = s[:end]
	}
	return strings.Clone(strings.ToValidUTF8(s, "\uFFFD"))
}
