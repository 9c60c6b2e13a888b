// Package view makes the views of dead letters for people, masked unless revealing was
// requested. It knows nothing of terminals and pages.
package view

import (
	"fmt"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/mask"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
)

// Viewer makes views. Safe for concurrent use.
type Viewer struct{ reveal bool }

// New returns a Viewer that masks recipients unless reveal is set. The caller must have
// recorded the revealing before.
func New(reveal bool) *Viewer { return &Viewer{reveal: reveal} }

// Row is a dead letter in a list.
type Row struct {
	ID          string       `json:"id"`
	Status      index.Status `json:"status"`
	Channel     string       `json:"channel"`
	Class       string       `json:"class"`
	Code        string       `json:"code"`
	Message     string       `json:"message"`
	Appointment string       `json:"appointment"`
	Key         string       `json:"key"`
	// Partition and Offset are the place in the dead-letter topic.
	Partition         int32       `json:"partition"`
	Offset            int64       `json:"offset"`
	Copies            int         `json:"copies"`
	Scheme            string      `json:"scheme"`
	Fault             index.Fault `json:"fault,omitempty"`
	OriginalTopic     string      `json:"original_topic"`
	OriginalPartition int32       `json:"original_partition"`
	OriginalOffset    int64       `json:"original_offset"`
	OriginalTimestamp time.Time   `json:"original_timestamp,omitzero"`
	ConsumerGroup     string      `json:"consumer_group"`
	Attempts          int         `json:"attempts"`
	ReplayCount       int         `json:"replay_count"`
	ReplayJob         string      `json:"replay_job,omitempty"`
	FirstFailedAt     time.Time   `json:"first_failed_at,omitzero"`
	FailedAt          time.Time   `json:"failed_at,omitzero"`
	Bytes             int         `json:"bytes"`
	Resolution        *Resolution `json:"resolution,omitempty"`
}

// Resolution is the view of a resolution.
type Resolution struct {
	Status string    `json:"status"`
	Reason string    `json:"reason,omitempty"`
	Code   string    `json:"code,omitempty"`
	Job    string    `json:"job,omitempty"`
	At     time.Time `json:"at"`
}

// Row returns the view of one dead letter.
func (v *Viewer) Row(item index.Item) Row {
	row := Row{
		ID: item.ID, Status: item.Status, Channel: v.text(string(item.Channel)), Class: v.text(string(item.Class)),
		Code: v.text(item.Code), Message: v.text(item.Message),
		Appointment: v.identifier(item.AppointmentID, item.PersonalAppointment), Key: v.identifier(item.Key, item.PersonalKey),
		Partition: item.Partition, Offset: item.Offset, Copies: item.Copies,
		Scheme: string(item.Scheme), Fault: item.Fault,
		OriginalTopic: v.name(item, item.Origin.Topic), OriginalPartition: item.Origin.Partition,
		OriginalOffset: item.Origin.Offset, OriginalTimestamp: shown(item.Origin.Timestamp), ConsumerGroup: v.name(item, item.Group),
		Attempts: item.Attempts, ReplayCount: item.ReplayCount, ReplayJob: v.name(item, item.ReplayJob),
		FirstFailedAt: shown(item.FirstFailedAt), FailedAt: shown(item.FailedAt), Bytes: item.Bytes,
	}
	if r := item.Resolution; r.ID != "" {
		row.Resolution = &Resolution{
			Status: string(r.Status), Reason: v.text(r.Reason), Code: v.text(r.Code), Job: v.name(item, r.Job), At: shown(r.At),
		}
	}
	return row
}

// Place returns the place of the dead letter in its topic, in the form that commands
// take.
func (r Row) Place() string { return fmt.Sprintf("%d:%d", r.Partition, r.Offset) }

// Group names the group of the dead letter: channel, class and code.
func (r Row) Group() string { return strings.TrimSpace(r.Channel + " " + r.Class + " " + r.Code) }

// text returns another tool's text.
func (v *Viewer) text(s string) string {
	if v.reveal {
		return mask.Printable(s)
	}
	return mask.Text(s)
}

// name returns the name of a topic, a group or a job. In our own block it contains no
// recipient, and masking its digits would make it useless: a job's id is its date.
func (v *Viewer) name(item index.Item, s string) string {
	if item.Fault == "" {
		return mask.Printable(s)
	}
	return v.text(s)
}

func (v *Viewer) identifier(s string, personal bool) string {
	switch {
	case v.reveal:
		return mask.Printable(s)
	case personal:
		return "***"
	default:
		return mask.Identifier(s)
	}
}

// shown drops times that JSON cannot express, because a producer may write any time.
func shown(t time.Time) time.Time {
	if y := t.UTC().Year(); y < 1 || y > 9999 {
		return time.Time{}
	}
	return t.UTC()
}
