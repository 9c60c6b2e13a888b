package index

import (
	"slices"
	"time"
)

// Filter selects dead letters. Empty fields select all. Within a field one of the
// values must match; all fields must match.
type Filter struct {
	// IDs are whole ids.
	IDs       []string `json:"ids,omitempty"`
	Channels  []string `json:"channels,omitempty"`
	Classes   []string `json:"classes,omitempty"`
	Codes     []string `json:"codes,omitempty"`
	Statuses  []Status `json:"statuses,omitempty"`
	Partition *int32   `json:"partition,omitempty"`
	// Offset is the one in the dead-letter topic.
	Offset *int64 `json:"offset,omitempty"`
	// Appointment is an appointment id or a record key, whole.
	Appointment string `json:"appointment,omitempty"`
	// Text is searched, ignoring case, in id, key, appointment, code, message and
	// origin. It is never searched in values, nor in a key or an appointment id that
	// contains the recipient: that would answer questions about recipients.
	Text string `json:"text,omitempty"`
	// Since and Until bound when the dead letter was given up.
	Since time.Time `json:"since,omitzero"`
	Until time.Time `json:"until,omitzero"`
}

// Empty reports whether f selects everything.
func (f Filter) Empty() bool {
	return len(f.IDs)+len(f.Channels)+len(f.Classes)+len(f.Codes)+len(f.Statuses) == 0 &&
		f.Partition == nil && f.Offset == nil && f.Appointment == "" && f.Text == "" && f.Since.IsZero() && f.Until.IsZero()
}

// Wants reports whether f selects dead letters with that status.
func (f Filter) Wants(s Status) bool { return len(f.Statuses) == 0 || slices.Contains(f.Statuses, s) }

func anyOf(wanted []string, s string) bool { return len(wanted) == 0 || slices.Contains(wanted, s) }
