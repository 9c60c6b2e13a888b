// Package history reads from the topics what became of one appointment: its events, the
// records of each channel's ledger, the receipts of accepted messages, and its dead
// letters with their resolutions. It serves people's questions, not delivery: it joins
// no group, commits nothing and writes nothing.
//
// Its results contain no recipient: it keeps neither the values of events nor the
// handles of the ledgers, which may hold one.
package history

import (
	"slices"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Appointment is what is known of one appointment.
type Appointment struct {
	ID string `json:"appointment_id"`
	// AllPartitions is set when every partition was searched.
	AllPartitions bool `json:"all_partitions"`
	// Missing lists topics that do not exist, and the outcomes topic if we may not read
	// it.
	Missing []string `json:"missing_topics,omitempty"`
	// Events are what is still on the source topic.
	Events []Event `json:"events"`
	// Channels has one element for each channel, in the order of
	// domain.Channels.
	Channels []Channel `json:"channels"`
	// Receipts are what became of accepted messages, the earliest first.
	Receipts []Receipt `json:"receipts"`
	// DeadLetters are sorted by when they failed.
	DeadLetters []DeadLetter `json:"dead_letters"`
}

// Empty reports whether nothing is known of the appointment.
func (a *Appointment) Empty() bool {
	recorded := slices.ContainsFunc(a.Channels, func(c Channel) bool { return len(c.Notifications) > 0 })
	return !recorded && len(a.Events) == 0 && len(a.DeadLetters) == 0 && len(a.Receipts) == 0
}

// Place is where a record stands.
type Place struct {
	Topic     string    `json:"topic"`
	Partition int32     `json:"partition"`
	Offset    int64     `json:"offset"`
	Time      time.Time `json:"time"`
}

// Event is one event as it was published.
type Event struct {
	Place
	// Requested are the channels that it asks for.
	Requested []domain.Channel `json:"requested,omitempty"`
	// AppointmentTime is when the appointment is.
	AppointmentTime *time.Time `json:"appointment_time,omitempty"`
	Revision        *int64     `json:"revision,omitempty"`
	// Invalid is the code of what is wrong with it, if anything.
	Invalid string `json:"invalid,omitempty"`
}

// Channel is what one channel's ledger says.
type Channel struct {
	Channel       domain.Channel  `json:"channel"`
	Notifications []*Notification `json:"notifications"`
	// Silence is the reason why there are no notifications; empty if there are some.
	Silence Silence `json:"silence,omitempty"`
}

// Silence is the reason why a ledger knows nothing of an appointment.
type Silence string

// The reasons of a silent ledger.
const (
	// NotAsked: no event on the source topic asks for the channel.
	NotAsked Silence = "not_asked"
	// NotRecorded: an event asks for it. The worker has not reached it yet, or
	// skipped it, which leaves no record.
	NotRecorded Silence = "not_recorded"
	// NeverClaimed: it was dead-lettered before any send.
	NeverClaimed Silence = "never_claimed"
)

// None is the state of a notification without a record that counts.
const None ledger.Kind = "none"

// Notification is one delivery key of the appointment: a moved appointment or a
// corrected recipient has another one.
type Notification struct {
	Key string `json:"key"`
	// Reference is how the key shows in a text message.
	Reference string `json:"reference"`
	// State is the kind of the record that counts now, or None.
	State ledger.Kind `json:"state"`
	// ProviderID is the provider's id of an accepted message.
	ProviderID string `json:"provider_id,omitempty"`
	// Code is the reason for the newest state, unless the message was sent.
	Code     string  `json:"code,omitempty"`
	Source   Place   `json:"source"`
	Revision *int64  `json:"revision,omitempty"`
	History  []Entry `json:"history"`

	key domain.Key
}

// Entry is one record of the ledger.
type Entry struct {
	At   time.Time   `json:"at"`
	Kind ledger.Kind `json:"kind"`
	Code string      `json:"code,omitempty"`
	// Void is set on a record that does not count: its writer had been replaced.
	Void bool `json:"void,omitempty"`
}

// DeadLetter is one dead letter of the appointment.
type DeadLetter struct {
	ID       string         `json:"dlq_id"`
	Channel  domain.Channel `json:"channel"`
	Class    domain.Class   `json:"class"`
	Code     string         `json:"code"`
	Message  string         `json:"message"`
	Attempts int            `json:"attempts"`
	FailedAt time.Time      `json:"failed_at"`
	Source   Place          `json:"source"`
	Replays  int            `json:"replays"`
	// Open is set until the dead letter is repaired or discarded. A replay without a
	// result yet does not close it.
	Open bool `json:"open"`
	// Resolution is the resolution that counts; nil without one.
	Resolution *envelope.Resolution `json:"resolution,omitempty"`
}

func placeOf(o ports.Origin) Place {
	return Place{Topic: o.Topic, Partition: o.Partition, Offset: o.Offset, Time: o.Timestamp.UTC()}
}
