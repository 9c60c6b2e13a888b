package index

import (
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
)

// Status is the status of a dead letter.
type Status string

// The statuses. StatusOpen and StatusParked need a human.
const (
	StatusOpen Status = "open"
	// StatusParked: open, but it failed so often that bulk replays leave it out.
	StatusParked Status = "parked"
	// StatusReplaying: a replay is under way, without an outcome yet.
	StatusReplaying Status = "replaying"
	StatusSent      Status = "sent"
	StatusSkipped   Status = "skipped"
	// StatusFailed: a replay failed again, and the dead letter that it made is
	// not in the topic.
	StatusFailed    Status = "failed"
	StatusDiscarded Status = "discarded"
)

// Statuses lists all statuses.
func Statuses() []Status {
	return []Status{StatusOpen, StatusParked, StatusReplaying, StatusSent, StatusSkipped, StatusFailed, StatusDiscarded}
}

// Open reports whether an operator has to act, because no replay is under way.
func (s Status) Open() bool { return s == StatusOpen || s == StatusParked }

// Final reports whether the dead letter is resolved. All other statuses count as
// unresolved, including that of a replay without an answer.
func (s Status) Final() bool {
	return s == StatusSent || s == StatusSkipped || s == StatusDiscarded
}

// MaxReplays is the replay count from which on a dead letter is parked.
const MaxReplays = 5

// statusAfter derives the status of a dead letter with that replay count from the
// resolution that counts for its id.
func statusAfter(r envelope.Resolution, replayCount int) Status {
	switch {
	case r.Closes(replayCount):
		return ClosedBy(r)
	case r.Status == envelope.ResolutionReplayed && r.ReplayCount == replayCount-1:
		// The worker writes the new dead letter first and then the resolution of the
		// replay. Until then the replay is not over.
		return StatusReplaying
	default:
		return unanswered(replayCount)
	}
}

// unanswered is the status of a dead letter without a resolution.
func unanswered(replayCount int) Status {
	if replayCount >= MaxReplays {
		return StatusParked
	}
	return StatusOpen
}

// ClosedBy returns the status of a dead letter that r closes.
func ClosedBy(r envelope.Resolution) Status {
	switch r.Status {
	case envelope.ResolutionSent:
		return StatusSent
	case envelope.ResolutionSkipped:
		return StatusSkipped
	case envelope.ResolutionDiscarded:
		return StatusDiscarded
	case envelope.ResolutionFailed:
		return StatusFailed
	case envelope.ResolutionReplayed:
	}
	return StatusReplaying
}
