package statuscmd

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Report is what is known of one appointment. It holds no recipient.
type Report struct {
	Appointment string `json:"appointment_id"`
	// AllPartitions is set when every partition was searched.
	AllPartitions bool `json:"all_partitions"`
	// Missing are topics that do not exist.
	Missing []string `json:"missing_topics,omitempty"`
	// Events are what is still on the source topic.
	Events      []Event      `json:"events"`
	Channels    []Channel    `json:"channels"`
	DeadLetters []DeadLetter `json:"dead_letters"`
}

func (r *Report) empty() bool {
	for _, ch := range r.Channels {
		if len(ch.Notifications) > 0 {
			return false
		}
	}
	return len(r.Events) == 0 && len(r.DeadLetters) == 0
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
}

// Notification is one delivery key of the appointment: a moved appointment or a
// corrected recipient has another one.
type Notification struct {
	Key string `json:"key"`
	// Reference is how the key shows in a text message.
	Reference string `json:"reference"`
	// State is what counts now: claimed, sent, failed or unknown.
	State string `json:"state"`
	// ProviderID is the provider's id of an accepted message.
	ProviderID string `json:"provider_id,omitempty"`
	// Code is why the newest state is what it is, unless the message was sent.
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
	// Open is set until it was replayed or discarded.
	Open bool `json:"open"`
	// Resolution is what became of its last replay; empty without one.
	Resolution string `json:"resolution,omitempty"`
}

func placeOf(o ports.Origin) Place {
	return Place{Topic: o.Topic, Partition: o.Partition, Offset: o.Offset, Time: o.Timestamp.UTC()}
}
