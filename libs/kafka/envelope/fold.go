package envelope

import (
	"errors"
	"fmt"
)

// ErrDeleted is the ErrNotResolution of a tombstone: earlier resolutions of the key no
// longer count.
var ErrDeleted = fmt.Errorf("%w: it was deleted", ErrNotResolution)

// Fold returns which of two resolutions of one dead letter counts, given that next was
// written after known. The later round counts; within a round, the status with the
// higher weight; of equal ones, the later record.
//
// A worker and an operator write without knowing of each other. An operator may discard
// a dead letter that was sent a moment ago, and a worker may report an earlier round
// late; neither may hide the fact that the message was sent.
//
// covered is set when next does not count although it is the last record of its key.
// Compaction would keep only that record. So a program that may write to the topic
// writes the resolution that counts once more (docs/KAFKA.md).
func (known Resolution) Fold(next Resolution) (counts Resolution, covered bool) {
	if next.ReplayCount != known.ReplayCount {
		covered = next.ReplayCount < known.ReplayCount
	} else {
		covered = next.Status.weight() < known.Status.weight()
	}
	if covered || known.begunBy(next) {
		return known, true
	}
	return next, false
}

// begunBy reports whether known says that a replay has failed, and next that the same
// one is on its way. A job replays a dead letter once, so behind its end its beginning is a repeat:
//
//	server: reads that the replay is on its way, and a late word of an earlier round
//	worker: the replay failed
//	server: writes once more that it is on its way, where the late word had covered it
func (known Resolution) begunBy(next Resolution) bool {
	return next.ReplayCount == known.ReplayCount && next.Job == known.Job &&
		next.Status == ResolutionReplayed && known.Status == ResolutionFailed
}

// weight orders the statuses of one round: an accepted message cannot be taken back,
// and a worker's result outweighs an operator's intention.
func (s ResolutionStatus) weight() int {
	switch s {
	case ResolutionSent:
		return 2
	case ResolutionSkipped:
		return 1
	case ResolutionReplayed, ResolutionDiscarded, ResolutionFailed:
	}
	return 0
}

// Resolutions maps dead-letter ids to the resolution that counts.
type Resolutions map[string]Resolution

// Add adds the next record of the topic. Records that are not resolutions are ignored.
func (known Resolutions) Add(key, value []byte) {
	next, err := DecodeResolution(key, value)
	switch {
	case errors.Is(err, ErrDeleted):
		delete(known, string(key))
	case err != nil:
		return
	default:
		if before, ok := known[next.ID]; ok {
			next, _ = before.Fold(next)
		}
		known[next.ID] = next
	}
}
