package envelope

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// ResolutionStatus is what became of a dead letter.
type ResolutionStatus string

// The statuses of a resolution. The replayer writes the first two, the worker
// that read a replay the others.
const (
	// ResolutionReplayed: on its way to the channel's worker, without an outcome yet.
	ResolutionReplayed ResolutionStatus = "replayed"
	// ResolutionDiscarded: an operator decided that nothing needs to be done.
	ResolutionDiscarded ResolutionStatus = "discarded"
	// ResolutionSent: the replay was accepted by the provider.
	ResolutionSent ResolutionStatus = "sent"
	// ResolutionSkipped: the replay was legitimately not sent, see Reason.
	ResolutionSkipped ResolutionStatus = "skipped"
	// ResolutionFailed: the replay was dead-lettered again.
	ResolutionFailed ResolutionStatus = "dead_lettered"
)

// Final reports whether no further resolution of the replay or the dead letter is
// expected.
func (s ResolutionStatus) Final() bool { return s != ResolutionReplayed }

// Resolution is the value of a record of the resolutions topic; the record's key is the
// dead letter's id. Only the last record of a key survives compaction; before that,
// Fold decides which of several counts.
//
// ReplayCount is the highest `dlq-replay-count` of a dead letter with this id
// that the resolution closes: a dead letter is open unless ReplayCount is at
// least as high as its own. A replay of a dead letter with count n carries
// count n+1, and a failed replay makes a new dead letter with count n+1. So
//
//   - `replayed`, `discarded` of count n: n. It closes that one.
//   - `dead_lettered` by the worker: n. The new dead letter stays open.
//   - `sent`, `skipped` by the worker: n+1. It also closes the copy that an
//     earlier try of the same replay may have dead-lettered before a crash.
type Resolution struct {
	ID          string           `json:"dlq_id"`
	Channel     domain.Channel   `json:"channel"`
	Status      ResolutionStatus `json:"status"`
	Reason      string           `json:"reason,omitempty"`
	Class       domain.Class     `json:"class,omitempty"`
	Code        string           `json:"code,omitempty"`
	Job         string           `json:"job,omitempty"`
	ReplayCount int              `json:"replay_count"`
	At          time.Time        `json:"at"`
}

// Closes reports whether r closes a dead letter of the same id that has been
// replayed count times.
func (r Resolution) Closes(count int) bool { return r.ReplayCount >= count }

// ErrNotResolution means that a record of the resolutions topic is something
// else: a job's state, a tombstone or a value that cannot be read.
var ErrNotResolution = errors.New("not a resolution")

// ResolutionOf returns the record content of what a worker reports about a
// replay. r.ReplayCount is the count that the replay carried.
func ResolutionOf(r ports.Resolution) Resolution {
	out := Resolution{
		ID: r.DeadLetterID, Channel: r.Channel, Status: ResolutionStatus(r.Outcome.Status),
		Reason: string(r.Outcome.Reason), Job: r.Job, ReplayCount: r.ReplayCount, At: r.At.UTC(),
	}
	if f := r.Outcome.Failure; f != nil {
		out.Class, out.Code = f.Class, f.Code
	}
	if out.Status == ResolutionFailed {
		out.ReplayCount--
	}
	return out
}

// EncodeResolution returns key and value of the record of r.
func EncodeResolution(r Resolution) (key, value []byte, err error) {
	value, err = json.Marshal(r)
	if err != nil {
		return nil, nil, fmt.Errorf("encode resolution: %w", err)
	}
	return []byte(r.ID), value, nil
}

// DecodeResolution reads a record of the resolutions topic. It returns ErrNotResolution
// for any other record, ErrDeleted for a tombstone, and never panics.
func DecodeResolution(key, value []byte) (Resolution, error) {
	var r Resolution
	if strings.Contains(string(key), "/") {
		return r, ErrNotResolution
	}
	if len(value) == 0 {
		return r, ErrDeleted
	}
	if err := json.Unmarshal(value, &r); err != nil {
		return Resolution{}, fmt.Errorf("%w: %s", ErrNotResolution, "the value is not valid JSON of that form")
	}
	if r.ID == "" || r.ID != string(key) || r.Status == "" {
		return Resolution{}, fmt.Errorf("%w: key and dlq_id differ or the status is missing", ErrNotResolution)
	}
	return r, nil
}
