package envelope

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// OutcomeVersion is the version of contracts/outcome.schema.json.
const OutcomeVersion = 1

// TypeOutcome is the type of a worker's outcome of an event.
const TypeOutcome = "outcome"

// Outcome is the value of a record of the outcomes topic: what became of one event on
// one channel, for the publisher and other readers. It holds no recipient and no
// message text. The contract is contracts/outcome.schema.json.
type Outcome struct {
	Version int `json:"version"`
	// ID is the same each time the fact is written, see OutcomeID.
	ID      string         `json:"id"`
	Type    string         `json:"type"`
	Channel domain.Channel `json:"channel"`
	// AppointmentID is empty when the event could not be decoded.
	AppointmentID string        `json:"appointment_id"`
	Outcome       domain.Status `json:"outcome"`
	// Reason is the skip's reason, or the failure class of a dead letter.
	Reason string `json:"reason"`
	// Code is that of a dead letter's failure.
	Code string `json:"code"`
	// Status and Revision are the event's.
	Status            domain.AppointmentStatus `json:"status"`
	Revision          *int64                   `json:"revision"`
	ProviderMessageID string                   `json:"provider_message_id"`
	// DeadLetterID is the `dlq-id` of the record that was dead-lettered or replayed.
	DeadLetterID string        `json:"dead_letter_id"`
	Event        OutcomeOrigin `json:"event"`
	// ReplayJob is set if the record was a replay. ReplayCount is the number of replays
	// of its dead letter, including this one.
	ReplayJob   string `json:"replay_job"`
	ReplayCount int    `json:"replay_count"`
	At          string `json:"at"`
	// Trace is the trace context in the record's headers.
	Trace ports.TraceContext `json:"-"`
}

// OutcomeOrigin says where the event was published.
type OutcomeOrigin struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
	// Timestamp is RFC 3339 in UTC, or Unix milliseconds if its year does not have four
	// digits.
	Timestamp string `json:"timestamp"`
}

// ErrNotOutcome means that a record of the outcomes topic is something else.
var ErrNotOutcome = errors.New("not an outcome")

// OutcomeOf returns the outcome that is published for c.
func OutcomeOf(c ports.Conclusion) Outcome {
	origin := c.Record.Origin()
	o := Outcome{
		Version: OutcomeVersion, ID: OutcomeID(c), Type: TypeOutcome, Channel: c.Channel,
		Outcome: c.Outcome.Status, Reason: string(c.Outcome.Reason), ProviderMessageID: c.Outcome.ProviderID,
		Event: OutcomeOrigin{origin.Topic, origin.Partition, origin.Offset, FormatTime(origin.Timestamp)},
		At:    FormatTime(c.At),
	}
	if e := c.Event; e != nil {
		o.AppointmentID, o.Status, o.Revision = e.AppointmentID, e.Status, e.Revision
	}
	if f := c.Outcome.Failure; f != nil {
		o.Reason, o.Code, o.DeadLetterID = string(f.Class), f.Code, ID(c.Channel, origin)
	}
	if r := c.Record.Replay; r != nil {
		o.DeadLetterID, o.ReplayJob, o.ReplayCount = r.DeadLetterID, r.Job, r.Count
	}
	return o
}

// OutcomeID returns the id of the outcome of c: the first 32 hexadecimal digits of the
// SHA-256 over the id of the dead letter that the event has or would have (ID), the
// outcome's status and the replay count, 0 without a replay. Reason and time are not
// part of it, because they may differ when the fact is written again.
func OutcomeID(c ports.Conclusion) string {
	count := 0
	if r := c.Record.Replay; r != nil {
		count = r.Count
	}
	return outcomeID(ID(c.Channel, c.Record.Origin()), c.Outcome.Status, count)
}

func outcomeID(deadLetterID string, status domain.Status, count int) string {
	var room [128]byte
	b := append(append(room[:0], deadLetterID...), '/')
	b = append(append(b, status...), '/')
	return shortSum(strconv.AppendInt(b, int64(count), 10))
}

// maxOutcomeKey is the longest key that is taken from a record that could not be
// decoded: the longest appointment id in bytes. A longer key cannot be an appointment
// id, and might not fit into the topic.
const maxOutcomeKey = 256 * 4

// outcomeSize is about the size of an outcome.
const outcomeSize = 640

// EncodeOutcome returns key and value of the record of c.
func EncodeOutcome(c ports.Conclusion) (key, value []byte) {
	o := OutcomeOf(c)
	value = o.appendJSON(make([]byte, 0, outcomeSize))
	switch {
	case c.Event != nil:
		key = []byte(c.Event.AppointmentID)
	case len(c.Record.Key) <= maxOutcomeKey:
		key = c.Record.Key
	}
	return key, value
}

// DecodeOutcome reads the value of a record of the outcomes topic. It returns
// ErrNotOutcome for anything else, and never panics.
func DecodeOutcome(value []byte) (Outcome, error) {
	var o Outcome
	if err := json.Unmarshal(value, &o); err != nil {
		return Outcome{}, fmt.Errorf("%w: the value is not valid JSON of that form", ErrNotOutcome)
	}
	if o.Version != OutcomeVersion || o.ID == "" || o.Type == "" || o.Outcome == "" {
		return Outcome{}, fmt.Errorf("%w: version %d, or id, type or outcome is missing", ErrNotOutcome, o.Version)
	}
	return o, nil
}

// Origin returns where the event was published.
func (o Outcome) Origin() (ports.Origin, error) {
	at, err := parseTime(o.Event.Timestamp)
	return ports.Origin{Topic: o.Event.Topic, Partition: o.Event.Partition, Offset: o.Event.Offset, Timestamp: at}, err
}

// Time returns when the outcome was concluded.
func (o Outcome) Time() (time.Time, error) { return parseTime(o.At) }
