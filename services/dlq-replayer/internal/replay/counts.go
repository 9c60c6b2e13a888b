package replay

import (
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
)

// Counts are the results of a job's dead letters.
type Counts struct {
	// Replayed were passed to a worker. Sent, Failed (again) and Skipped are those of
	// them whose outcome is known. Sent counts messages that the provider accepted for
	// the record, in this replay or in an earlier one.
	Replayed int            `json:"replayed"`
	Sent     int            `json:"sent"`
	Failed   int            `json:"failed"`
	Skipped  map[string]int `json:"skipped,omitempty"`
	// Left are those that were not replayed, by reason.
	Left map[string]int `json:"left,omitempty"`
	// Pending are the rest, by reason. Written for readers of the record; a
	// running job computes it.
	Pending map[string]int `json:"pending,omitempty"`
}

// The reasons for which a selected dead letter is pending.
const (
	// PendingNoOutcome: it was replayed, and its worker has not reported the outcome.
	PendingNoOutcome = "no_outcome"
	// PendingNotReached: the job did not reach it. It is unchanged.
	PendingNotReached = "not_reached"
)

// SkippedOvertaken is the reason of a replay whose outcome this job missed,
// because another job replayed the same dead letter again.
const SkippedOvertaken = "replayed_by_another_job"

// Outcomes counts the replays whose outcome is known.
func (c Counts) Outcomes() int { return c.Sent + c.Failed + sum(c.Skipped) }

// Unanswered counts the replays whose outcome is not known yet.
func (c Counts) Unanswered() int { return c.Replayed - c.Outcomes() }

// Passed counts the dead letters that the job has replayed or left.
func (c Counts) Passed() int { return c.Replayed + sum(c.Left) }

// outcome counts the outcome of a replay.
func (c *Counts) outcome(r envelope.Resolution) {
	switch r.Status {
	case envelope.ResolutionSent:
		c.Sent++
	case envelope.ResolutionFailed:
		c.Failed++
	case envelope.ResolutionSkipped, envelope.ResolutionReplayed, envelope.ResolutionDiscarded:
		count(&c.Skipped, r.Reason)
	}
}

func sum(m map[string]int) int {
	n := 0
	for _, v := range m {
		n += v
	}
	return n
}

func count(m *map[string]int, key string) {
	if *m == nil {
		*m = make(map[string]int)
	}
	(*m)[key]++
}

// answer returns the resolution of the job's replay of the dead letter with that id.
func (j Job) answer(x *index.Index, id string) (envelope.Resolution, bool) {
	res, ok := x.Resolution(id)
	return res, ok && res.Job == j.ID && res.Status.Final()
}

// overtaken reports whether the outcome of the job's replay of the dead letter with
// that id can no longer be seen: another job replayed the same dead letter again, and
// only its outcome is kept. That is known only after a wait without an answer, or once
// the job is over.
func (j Job) overtaken(x *index.Index, id string) bool {
	res, ok := x.Resolution(id)
	return ok && res.Status.Final() && res.Job != "" && res.Job != j.ID
}

// Heard returns the job with the outcomes that came after it had ended.
func (j Job) Heard(x *index.Index) Job {
	j = j.clone()
	out := j.Outstanding
	j.Outstanding = nil
	for _, id := range out {
		if res, ok := j.answer(x, id); ok {
			j.Counts.outcome(res)
		} else if j.State.Over() && j.overtaken(x, id) {
			count(&j.Counts.Skipped, SkippedOvertaken)
		} else {
			j.Outstanding = append(j.Outstanding, id)
		}
	}
	j.Counts.Pending = j.Pending()
	return j
}
