package envelope

import (
	"errors"
	"fmt"
)

// ErrDeleted is the ErrNotResolution of a tombstone: what was known of the key
// is no longer.
var ErrDeleted = fmt.Errorf("%w: it was deleted", ErrNotResolution)

// Fold returns which of two words about one dead letter counts, given that next
// was written after known: the one about the later round, of one round the
// better founded, of two alike the later.
//
// A worker and an operator write without knowing of each other. An operator who
// discards what was sent a moment ago is wrong, and so is a worker that reports
// an earlier round late; the fact stays a fact.
//
// covered is set when next does not count although it is the last record of its
// key. Compaction would leave it alone and make it the truth: a program that may write
// to the topic writes the resolution that counts once more (docs/KAFKA.md).
func (known Resolution) Fold(next Resolution) (counts Resolution, covered bool) {
	if next.ReplayCount != known.ReplayCount {
		covered = next.ReplayCount < known.ReplayCount
	} else {
		covered = next.Status.weight() < known.Status.weight()
	}
	if covered {
		return known, true
	}
	return next, false
}

// weight orders the statuses of one round: an accepted message cannot be taken
// back, and a worker's decision stands over what people meant to do.
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

// Resolutions is what a reader of the resolutions topic knows: the resolution
// that counts, by dead-letter id.
type Resolutions map[string]Resolution

// Add takes in the next record of the topic. What is no resolution is ignored.
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
