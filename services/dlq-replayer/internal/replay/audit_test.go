package replay_test

import (
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
)

// checkAudits wants the audit to tell of each job as it went: ordered once, ended once in
// each run, in the end with the state and the counts that the job has.
func (m *machine) checkAudits(last map[string]replay.Job) {
	told := map[string][]replay.AuditRecord{}
	for _, a := range m.Audits() {
		if a.Job != "" && a.Action != replay.ActionCancel { // It may be asked for at any time.
			told[a.Job] = append(told[a.Job], a)
		}
	}
	for id, job := range last {
		story := told[id]
		for i, a := range story {
			ended := i > 0 && story[i-1].Action == replay.ActionEnd
			switch {
			case a.Action == replay.ActionReplay && i > 0, a.Action == replay.ActionCarryOn && (i == 0 || ended), a.Action == replay.ActionEnd && ended:
				m.Errorf("the audit of job %s has %q at %d of %+v", id, a.Action, i, story)
			}
		}
		if len(story) == 0 {
			m.Errorf("the audit knows nothing of job %s", id)
			continue
		}
		end := story[len(story)-1]
		if end.Action != replay.ActionEnd || end.Outcome != job.State || end.Counts == nil || end.Counts.Replayed != job.Counts.Replayed || end.Counts.Sent != job.Counts.Sent {
			m.Errorf("the audit of job %s ends with %+v, the job is %s with %+v", id, end, job.State, job.Counts)
		}
	}
}
