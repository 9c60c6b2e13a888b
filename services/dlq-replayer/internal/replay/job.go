// Package replay repairs dead letters: it plans, runs and records jobs. One job
// runs at a time across all processes. It knows nothing of flags and terminals.
//
// A job writes one Kafka transaction per batch: the replays, their resolutions as
// replayed, and the job's own state. A crash neither loses nor repeats any of them.
package replay

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// State is the state of a job.
type State string

// The states of a job.
const (
	// StateQueued: waits for a running `dlq-replayer serve`.
	StateQueued State = "queued"
	// StateRunning: also of a job whose process died; then it can be resumed.
	StateRunning State = "running"
	StateDone    State = "done"
	// StateStopped: it stopped by itself, for the reason in Note.
	StateStopped   State = "stopped"
	StateCancelled State = "cancelled"
	// StateRefused: its record asks for something that no job may do, named in Note. It
	// cannot be resumed.
	StateRefused State = "refused"
)

// Over reports whether the job has ended.
func (s State) Over() bool { return s != StateQueued && s != StateRunning }

// Resumable reports whether a job in that state can be resumed.
func (s State) Resumable() bool { return s != StateDone && s != StateRefused }

// Job is an order under way. Its last state is kept in the resolutions topic, with the
// key "job/" + ID.
type Job struct {
	ID    string `json:"id"`
	State State  `json:"state"`
	Note  string `json:"note,omitempty"`
	Order
	// Bounds are the ends of the dead-letter topic when the job was made: later dead
	// letters, including those of its own failures, are not part of it.
	Bounds map[int32]int64 `json:"bounds"`
	// Selected are the dead letters that the plan showed, Total their number.
	// The job replays these and no others. They are kept in records of their own.
	Selected Selection `json:"-"`
	Total    int       `json:"total"`
	// LeftOut is how many more dead letters a full index did not hold when the job was
	// made.
	LeftOut int64 `json:"left_out,omitempty"`
	// Cursor is, by partition, the offset after the last dead letter that the job has
	// passed.
	Cursor map[int32]int64 `json:"cursor"`
	Counts Counts          `json:"counts"`
	// Foreseen counts the preview's verdicts; nil without a preview. Expected holds the
	// dead letters whose verdict was not to send, by id. They are kept in records of
	// their own.
	Foreseen map[string]int     `json:"foreseen,omitempty"`
	Expected map[string]Verdict `json:"-"`
	// Unlisted is set if the preview did not judge every dead letter, or if more were
	// not to be sent than are remembered.
	Unlisted bool `json:"unlisted,omitempty"`
	// LeftLetters are the first of the dead letters in Counts.Left.
	LeftLetters []LeftLetter `json:"left_letters,omitempty"`
	// Outstanding are the ids of the replays whose outcome is not counted yet.
	Outstanding []string `json:"outstanding,omitempty"`
	// Run counts how often the job was resumed. A cancellation holds for one run.
	Run int `json:"run,omitempty"`
	// RunAt is when the present run began, and RunFrom how many dead letters the job
	// had passed then.
	RunAt   time.Time `json:"run_at,omitzero"`
	RunFrom int       `json:"run_from,omitempty"`
	// Resumed records who resumed the job last, and why.
	Resumed   *Resumption `json:"resumed,omitempty"`
	CreatedAt time.Time   `json:"created_at"`
	UpdatedAt time.Time   `json:"updated_at"`
}

// LeftLetter is a dead letter that a job did not replay, and why.
type LeftLetter struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
}

// maxLeftLetters bounds how many are kept with the job.
const maxLeftLetters = 50

// Resumption records who resumed a job, and why. Reason contains no recipient.
type Resumption struct {
	Who    string `json:"who"`
	Reason string `json:"reason"`
}

// NewJob returns a job that replays exactly the dead letters of p. It returns the
// errors of Order.Valid and Order.Check.
func NewJob(p Plan, now time.Time) (Job, error) {
	if err := cmp.Or(p.Order.Valid(), p.Order.Check(p)); err != nil {
		return Job{}, err
	}
	now = now.UTC().Truncate(time.Millisecond)
	return Job{
		ID:    NewID(now),
		State: StateQueued, Order: p.Order, Bounds: p.Bounds, Cursor: make(map[int32]int64),
		Selected: selectionOf(p.Items), Total: len(p.Items), LeftOut: p.LeftOut, CreatedAt: now, UpdatedAt: now,
	}, nil
}

// NewID returns an id for a job that is made at now.
func NewID(now time.Time) string {
	return now.UTC().Format("20060102-150405-") + strings.ToLower(rand.Text()[:6])
}

// ValidID reports whether id has the form of NewID.
func ValidID(id string) bool {
	return regexp.MustCompile(`^[0-9]{8}-[0-9]{6}-[a-z2-7]{6}$`).MatchString(id)
}

// check returns the reason why the job may not be carried out. It does not trust the
// job's record.
func (j Job) check() error {
	switch {
	case j.Selected.Len() != j.Total:
		return fmt.Errorf("%d of %d selected dead letters are recorded", j.Selected.Len(), j.Total)
	case j.AcceptDuplicate != "" && j.Total > 1:
		return ErrNotSingle
	case j.Corrects && j.Total > 1:
		return ErrNotOneCorrection
	}
	return j.Valid()
}

// Describe returns the last known state of the job in one line.
func (j Job) Describe(now time.Time) string {
	return fmt.Sprintf("job %s by %s since %s (%s, %d of %d, last heard of %s ago)",
		j.ID, j.Who, j.CreatedAt.Format(time.RFC3339), j.State, j.Counts.Passed(), j.Total, now.Sub(j.UpdatedAt).Round(time.Second))
}

// Speed returns how many dead letters the present run passes in a second, and how long
// the rest takes at that rate; 0 if unknown.
func (j Job) Speed(now time.Time) (rate float64, eta time.Duration) {
	if j.State.Over() {
		now = j.UpdatedAt
	}
	took := now.Sub(j.RunAt).Seconds()
	if j.RunAt.IsZero() || took <= 0 {
		return 0, 0
	}
	rate = float64(j.Counts.Passed()-j.RunFrom) / took
	if left := j.Total - j.Counts.Passed(); rate > 0 && left > 0 && !j.State.Over() {
		eta = time.Duration(float64(left) / rate * float64(time.Second)).Round(time.Second)
	}
	return rate, eta
}

// Actor returns the person who is responsible for the job's present run, and the reason
// of the run.
func (j Job) Actor() Resumption {
	if j.Resumed != nil {
		return *j.Resumed
	}
	return Resumption{Who: j.Who, Reason: j.Reason}
}

// Pending counts the selected dead letters whose outcome is not known, by
// reason. With them the counts add up to Total.
func (j Job) Pending() map[string]int {
	pending := make(map[string]int)
	if n := j.Counts.Unanswered(); n > 0 {
		pending[PendingNoOutcome] = n
	}
	if n := j.Total - j.Counts.Passed(); n > 0 {
		pending[PendingNotReached] = n
	}
	return pending
}

// clone returns a copy that shares no mutable data.
func (j Job) clone() Job {
	encoded, err := json.Marshal(j)
	if err != nil {
		return j // cannot happen: JSON can express the type
	}
	var c Job
	if json.Unmarshal(encoded, &c) != nil {
		return j
	}
	c.Selected, c.Expected = j.Selected, j.Expected // They never change.
	c.Counts.Pending = j.Pending()
	return c
}

// Prefixes of the keys in the resolutions topic that are not those of resolutions.
const (
	jobPrefix       = "job/"
	cancelPrefix    = "cancel/"
	selectionPrefix = "selection/"
)

func (j Job) encode() (key, value []byte, err error) {
	j.Counts.Pending = j.Pending()
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
		j.Cursor = make(map[int32]int64) // the record may lack a cursor, which a running job advances
	}
	return j, true
}
