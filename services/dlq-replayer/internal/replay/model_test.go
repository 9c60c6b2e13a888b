package replay_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
)

// model is what people were shown and told.
type model struct {
	// shown are the dead letters of each job's plan, marked those of discards.
	shown  map[string]map[string]bool
	again  map[string]bool // The job's order names what is being replayed.
	marked map[string]bool
	// ended is how many a job had replayed when it was reported to be
	// cancelled, and resumptions how often it was resumed.
	ended       map[string]cancelled
	resumptions map[string]int
	silent      map[string]bool
	deaths      map[string]bool
}

type cancelled struct{ replayed, resumptions int }

func newModel() model {
	return model{
		shown: map[string]map[string]bool{}, again: map[string]bool{}, marked: map[string]bool{},
		ended: map[string]cancelled{}, resumptions: map[string]int{}, silent: map[string]bool{},
		deaths: map[string]bool{},
	}
}

func (m *machine) show(job replay.Job, p replay.Plan) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.shown[job.ID], m.again[job.ID] = map[string]bool{}, len(job.Filter.Statuses) > 0
	for _, item := range p.Items {
		m.shown[job.ID][item.ID] = true
	}
}

func (m *machine) mark(p replay.Plan) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, item := range p.Items {
		m.marked[item.ID] = true
	}
}

func (m *machine) resumes(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.resumptions[id]++
}

func (m *machine) resumed(id string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.resumptions[id]
}

func (m *machine) quiet(id string, replayed, resumptions int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended[id] = cancelled{replayed, resumptions}
}

// first reports whether the worker sees a dead letter for the first time.
func (m *machine) first(r *ports.Replay) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	was := m.silent[r.DeadLetterID]
	m.silent[r.DeadLetterID] = true
	return !was
}

// firstDeath reports whether the worker dies for the first time behind the answer to this
// replay, which counts as a death, and died whether it has done that.
func (m *machine) firstDeath(r *ports.Replay) bool {
	was := m.died(r)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.deaths[fmt.Sprint(r.DeadLetterID, r.Count)] = true
	return !was
}

func (m *machine) died(r *ports.Replay) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.deaths[fmt.Sprint(r.DeadLetterID, r.Count)]
}

// check compares what lies in the topics with what was shown.
func (m *machine) check() {
	type replayed struct {
		job, id string
		count   int
	}
	ofJob, once, replays := map[replayed]int{}, map[replayed]int{}, map[string]int{}
	for _, record := range m.Read(m.Config.Topics.ReplayFor(domain.SMS)) {
		e, err := envelope.Decode(envelope.FromKafka(record.Headers))
		if err != nil {
			m.Fatal(err)
		}
		replays[e.ReplayJob]++
		if !m.shown[e.ReplayJob][e.ID] {
			m.Errorf("job %s replayed %s, which it had not shown", e.ReplayJob, e.ID)
		}
		if ofJob[replayed{e.ReplayJob, e.ID, 0}]++; ofJob[replayed{e.ReplayJob, e.ID, 0}] > 1 {
			m.Errorf("job %s replayed %s twice", e.ReplayJob, e.ID)
		}
		if k := (replayed{"", e.ID, e.ReplayCount}); !m.again[e.ReplayJob] {
			if once[k]++; once[k] > 1 {
				m.Errorf("%s was replayed twice although it was being replayed", e.ID)
			}
		}
	}
	m.checkJobs(replays)
	m.checkDiscards()
	m.checkStatuses()
}

// checkJobs wants the counts of each job to add up whenever they were written,
// and to be true in the end.
func (m *machine) checkJobs(replays map[string]int) {
	last := map[string]replay.Job{}
	for _, record := range m.Read(topics.Resolutions) {
		var job replay.Job
		if !strings.HasPrefix(string(record.Key), "job/") || json.Unmarshal(record.Value, &job) != nil {
			continue
		}
		wantSum(m.T, job)
		last[job.ID] = job
	}
	m.checkAudits(last)
	for id, n := range replays {
		if last[id].Counts.Replayed != n {
			m.Errorf("job %s says %d replays, there are %d", id, last[id].Counts.Replayed, n)
		}
	}
	for id, job := range last {
		if job.Total != len(m.shown[id]) || !job.State.Over() || job.State == replay.StateRefused {
			m.Errorf("job %s with %d shown ended as %+v", id, len(m.shown[id]), job)
		}
		if c, ok := m.ended[id]; ok && c.resumptions == m.resumptions[id] && c.replayed != replays[id] {
			m.Errorf("job %s replayed %d after it was cancelled", id, replays[id]-c.replayed)
		}
	}
}

// checkDiscards wants nothing to be replayed that was discarded before: no order of the
// schedule names what is.
func (m *machine) checkDiscards() {
	known := envelope.Resolutions{}
	for _, record := range m.Read(topics.Resolutions) {
		r, err := envelope.DecodeResolution(record.Key, record.Value)
		if err == nil && r.Status == envelope.ResolutionReplayed && known[r.ID].Status == envelope.ResolutionDiscarded && known[r.ID].Closes(r.ReplayCount) {
			m.Errorf("%s was replayed by %s although it was discarded", r.ID, r.Job)
		}
		known.Add(record.Key, record.Value)
	}
}

// checkStatuses wants the shown statuses to be the true ones.
func (m *machine) checkStatuses() {
	roomy := m.Config
	roomy.Limit = 10_000
	reader, _, err := roomy.Open(m.Context())
	if err != nil {
		m.Fatal(err)
	}
	defer reader.Close()
	status := map[string]index.Status{}
	for _, item := range reader.Index.Select(index.Filter{}) {
		status[item.ID] = item.Status
	}
	for _, record := range m.Read(m.Config.Topics.DLQ) {
		e, err := envelope.Decode(envelope.FromKafka(record.Headers))
		if err != nil {
			m.Fatal(err)
		}
		sent, waits := m.worker.Knows(e.ID)
		switch s := status[e.ID]; {
		case s == "", s == index.StatusSent && !sent, s == index.StatusSkipped && !sent, s == index.StatusDiscarded && !m.marked[e.ID],
			s == index.StatusReplaying && !waits, s.Open() && sent:
			m.Errorf("%s is shown as %q: sent %t, unanswered %t, discarded %t", e.ID, s, sent, waits, m.marked[e.ID])
		}
	}
}
