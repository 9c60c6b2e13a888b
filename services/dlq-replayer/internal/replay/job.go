// Package replay repairs dead letters: it plans, runs and records jobs. One job
// runs at a time across all processes. It knows nothing of flags and terminals.
//
// What a job does is one Kafka transaction per batch: the replays, the word that
// they are on their way, and the job's own state. A crash neither loses nor
// repeats any of them.
package replay

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
)

// State is where a job stands.
type State string

// The states of a job.
const (
	// StateQueued: waits for a running `dlq-replayer serve`.
	StateQueued State = "queued"
	// StateRunning: also of a job whose process died; then it can be resumed.
	StateRunning State = "running"
	StateDone    State = "done"
	// StateStopped: it stopped by itself, Note says why.
	StateStopped   State = "stopped"
	StateCancelled State = "cancelled"
)

// Over tells whether the job has ended.
func (s State) Over() bool { return s != StateQueued && s != StateRunning }

// Counts are what became of a job's dead letters.
type Counts struct {
	// Replayed were handed to a worker. Sent, Failed (again) and the Skipped
	// are those of them whose outcome is known.
	Replayed int            `json:"replayed"`
	Sent     int            `json:"sent"`
	Failed   int            `json:"failed"`
	Skipped  map[string]int `json:"skipped,omitempty"`
	// Left are those that were not replayed, by reason.
	Left map[string]int `json:"left,omitempty"`
}

// Outcomes counts the replays whose outcome is known.
func (c Counts) Outcomes() int { return c.Sent + c.Failed + sum(c.Skipped) }

// Pending counts the replays whose outcome is not known yet.
func (c Counts) Pending() int { return c.Replayed - c.Outcomes() }

// Passed counts the dead letters that the job is through with.
func (c Counts) Passed() int { return c.Replayed + sum(c.Left) }

func sum(m map[string]int) int {
	n := 0
	for _, v := range m {
		n += v
	}
	return n
}

// Order is what somebody wants replayed.
type Order struct {
	Filter index.Filter `json:"filter"`
	// Who and Reason are for the audit; Reason holds no recipient.
	Who    string `json:"who"`
	Reason string `json:"reason"`
	// Rate is how many are replayed in a second, at most.
	Rate float64 `json:"rate"`
	// Limit bounds how many are replayed, the oldest; 0 means all.
	Limit int `json:"limit,omitempty"`
	// AcceptDuplicate allows the second send of a single unknown outcome.
	AcceptDuplicate bool `json:"accept_duplicate,omitempty"`
}

// Job is an order under way. It is kept in the resolutions topic, key
// "job/" + ID, the last state only.
type Job struct {
	ID    string `json:"id"`
	State State  `json:"state"`
	Note  string `json:"note,omitempty"`
	Order
	// Bounds are the ends of the dead-letter topic when the job was made: what
	// came later, its own failures among it, is no part of it.
	Bounds map[int32]int64 `json:"bounds"`
	// Cursor is the offset after the last dead letter that the job is through with.
	Cursor map[int32]int64 `json:"cursor"`
	// Total is how many were selected.
	Total  int    `json:"total"`
	Counts Counts `json:"counts"`
	// Outstanding are the ids of the replays whose outcome is not counted yet.
	Outstanding []string  `json:"outstanding,omitempty"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
}

// NewJob returns a job for o over the dead letters before bounds.
func NewJob(o Order, bounds map[int32]int64, now time.Time) Job {
	now = now.UTC().Truncate(time.Millisecond)
	return Job{
		ID:    now.Format("20060102-150405-") + strings.ToLower(rand.Text()[:6]),
		State: StateQueued, Order: o, Bounds: bounds, Cursor: make(map[int32]int64),
		CreatedAt: now, UpdatedAt: now,
	}
}

// clone returns a copy that shares nothing that changes.
func (j Job) clone() Job {
	encoded, err := json.Marshal(j)
	if err != nil {
		return j // Cannot happen: the type has nothing that JSON lacks.
	}
	var c Job
	if json.Unmarshal(encoded, &c) != nil {
		return j
	}
	return c
}

// The keys of the resolutions topic that are no resolutions.
const (
	jobPrefix    = "job/"
	cancelPrefix = "cancel/"
)

func (j Job) encode() (key, value []byte, err error) {
	value, err = json.Marshal(j)
	if err != nil {
		return nil, nil, fmt.Errorf("encode job: %w", err)
	}
	return []byte(jobPrefix + j.ID), value, nil
}

// decodeJob reads a job's record; ok is false for every other record.
func decodeJob(key, value []byte) (j Job, ok bool) {
	id, isJob := strings.CutPrefix(string(key), jobPrefix)
	if !isJob || json.Unmarshal(value, &j) != nil || j.ID != id || id == "" {
		return Job{}, false
	}
	if j.Cursor == nil {
		j.Cursor = make(map[int32]int64) // Whoever wrote it, a job advances its cursor.
	}
	return j, true
}
