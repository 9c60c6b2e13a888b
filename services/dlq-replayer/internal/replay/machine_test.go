package replay_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

// The schedules that a run goes through, and the seed of the first: a failing
// subtest is named by its seed.
var (
	schedules    = flag.Int("replay.schedules", 40, "how many random schedules of the replayer to run")
	scheduleSeed = flag.Int("replay.seed", 0, "the seed of the first schedule; 0 for a random one")
)

// step is what one process does.
type step struct {
	Do     string
	Status []index.Status
	Limit  int
	N      int
	Fault  replaytest.Fault
	// Wait is for how long the next step waits for the end of this one.
	Wait time.Duration
}

// draw draws a schedule: half of the processes meet a fault, some run side by side.
func draw(t *rapid.T) []step {
	steps := []step{{
		Do: "fail", N: 3 * rapid.IntRange(1, 40).Draw(t, "letters"),
		Limit: rapid.SampledFrom([]int{10_000, 10_000, 9}).Draw(t, "index"), // of what an index holds
	}}
	for range rapid.IntRange(3, 10).Draw(t, "steps") {
		s := step{
			Do:    rapid.SampledFrom([]string{"replay", "replay", "replay", "submit", "serve", "discard", "cancel", "cancel", "resume", "resume", "fail", "expire", "compact", "move"}).Draw(t, "do"),
			Limit: rapid.SampledFrom([]int{0, 0, 3, 25}).Draw(t, "limit"),
			N:     rapid.IntRange(0, 8).Draw(t, "n"),
			Wait:  rapid.SampledFrom([]time.Duration{300 * time.Millisecond, 2 * time.Second, 2 * time.Minute}).Draw(t, "wait"),
		}
		if rapid.IntRange(0, 3).Draw(t, "again") == 0 {
			s.Status = []index.Status{index.StatusOpen, index.StatusReplaying}
		}
		if rapid.Bool().Draw(t, "faulty") {
			s.Fault = replaytest.Fault{At: rapid.IntRange(1, 12).Draw(t, "at"), Applied: rapid.Bool().Draw(t, "applied"), Freeze: rapid.SampledFrom([]time.Duration{0, 0, 3 * time.Second, 20 * time.Second}).Draw(t, "freeze"), Cut: rapid.IntRange(0, 3).Draw(t, "cut") == 0}
		}
		steps = append(steps, s)
	}
	return steps
}

// TestAnyScheduleOfProcessesAndFaults: whatever is ordered, cancelled and resumed
// by processes that are killed or stopped at any write, what was shown is what is
// done, the counts add up, and nothing open is invisible.
func TestAnyScheduleOfProcessesAndFaults(t *testing.T) {
	first := *scheduleSeed
	if first == 0 {
		first = int(rand.Int32())
	}
	for seed := first; seed < first+*schedules; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			steps := rapid.Custom(draw).Example(seed)
			synctest.Test(t, func(t *testing.T) { run(t, steps) })
			if t.Failed() {
				t.Logf("-replay.seed %d -replay.schedules 1: %+v", seed, steps)
			}
		})
	}
}

// machine carries a schedule out.
type machine struct {
	*replaytest.Broker
	worker    *replaytest.Worker
	letterMu  sync.Mutex // steps run side by side
	letters   int
	processes []*replaytest.Process
	running   sync.WaitGroup

	mu sync.Mutex
	model
}

func run(t *testing.T, steps []step) {
	m := &machine{Broker: replaytest.NewVirtual(t, 2), model: newModel()}
	m.Config.Limit = steps[0].Limit
	m.worker = m.WorkAgain(m.answer, m.dies)
	for _, s := range steps {
		m.take(s)
	}
	m.running.Wait()
	for range 5 { // What was left to a server is carried out in the end.
		m.serve(m.Process(replaytest.Fault{}), step{})
	}
	m.worker.Settle()
	m.check()
	for _, p := range m.processes {
		p.Kill()
	}
}

// take starts a step and waits for it for a while.
func (m *machine) take(s step) {
	p := m.Process(s.Fault)
	m.processes = append(m.processes, p)
	done := make(chan struct{})
	m.running.Go(func() {
		defer close(done)
		m.does()[s.Do](p, s)
	})
	select {
	case <-done:
	case <-p.Context.Done():
	case <-time.After(s.Wait):
	}
}

func (m *machine) does() map[string]func(*replaytest.Process, step) {
	return map[string]func(*replaytest.Process, step){
		"fail": m.fail, "replay": m.replay, "submit": m.submit, "serve": m.serve, "discard": m.discard,
		"cancel": m.cancel, "resume": m.resume, "expire": m.expire,
		"move":    func(*replaytest.Process, step) { m.Cluster.RehashCoordinators() },
		"compact": func(*replaytest.Process, step) { m.Compact() },
	}
}

func (m *machine) fail(_ *replaytest.Process, s step) {
	var records []*kgo.Record
	m.letterMu.Lock()
	for range s.N {
		records = append(records, envelope.Record(m.Config.Topics.DLQ, replaytest.Letter(m.letters, domain.SMS, domain.ClassRecipientRejected), "workers"))
		m.letters++
	}
	m.letterMu.Unlock() // virtual time would stand still behind it
	if len(records) > 0 {
		m.Produce(records...)
	}
}

// answer is the worker's: some replays fail again, some are never answered, and
// some are answered late.
func (m *machine) answer(r *ports.Replay) domain.Outcome {
	switch n := r.Origin.Offset % 7; {
	case n == 1 && r.Count == 1, n == 5 && r.Count == 1 && !m.died(r):
		return replaytest.Refuse(r)
	case n == 2 && m.first(r):
		return replaytest.Hesitate(r)
	case n == 3:
		<-time.After(500 * time.Millisecond)
	}
	return replaytest.Accept(r)
}

// dies kills the worker behind some answers, before their offsets move: it is a while
// until the replay comes again. Some that failed are accepted then.
func (m *machine) dies(r *ports.Replay) bool {
	if n := r.Origin.Offset % 7; n != 1 && n != 5 || !m.firstDeath(r) {
		return false
	}
	<-time.After(time.Duration(r.Origin.Offset%5) * time.Second)
	return true
}

func (s step) order() replay.Order {
	o := replaytest.Order()
	o.Filter.Statuses, o.Limit, o.Rate, o.Replaying = s.Status, s.Limit, 100, len(s.Status) > 0
	return o
}

func (m *machine) options() replay.Options {
	return replay.Options{Patience: 5 * time.Second, Who: "a server"}
}

// session takes the lock and does something with it.
func (m *machine) session(p *replaytest.Process, do func(*replay.Session)) {
	ctx, cancel := context.WithTimeout(p.Context, time.Minute)
	defer cancel()
	s, err := p.Config.Start(ctx)
	if err != nil {
		return
	}
	defer s.Close()
	do(s)
}

func (m *machine) replay(p *replaytest.Process, s step) {
	m.session(p, func(session *replay.Session) {
		plan := session.Plan(s.order())
		job, err := replay.NewJob(plan, time.Now())
		if err != nil {
			m.Error(err)
		}
		m.show(job, plan)
		_, _ = session.Run(p.Context, job, m.options()) // Its end is judged by what is written.
	})
}

func (m *machine) submit(p *replaytest.Process, s step) {
	ctx, cancel := context.WithTimeout(p.Context, time.Minute)
	defer cancel()
	reader, _, err := p.Config.Open(ctx)
	if err != nil {
		return
	}
	defer reader.Close()
	plan := s.order().Plan(reader.Index, reader.Bounds(), 1<<20)
	job, err := replay.NewJob(plan, time.Now())
	if err != nil {
		m.Error(err)
	}
	m.show(job, plan)
	_ = p.Config.Submit(ctx, job)
}

func (m *machine) serve(p *replaytest.Process, _ step) {
	m.session(p, func(session *replay.Session) {
		if job, _, ok := session.Book().Unfinished(); ok {
			_, _ = session.Run(p.Context, job, m.options())
		}
	})
}

func (m *machine) resume(p *replaytest.Process, s step) {
	m.session(p, func(session *replay.Session) {
		jobs := session.Book().Jobs()
		if len(jobs) == 0 {
			return
		}
		job := jobs[s.N%len(jobs)]
		m.resumes(job.ID)
		_, _ = session.Resume(p.Context, job, replay.Resumption{Who: "somebody", Reason: "go on"}, m.options())
	})
}

func (m *machine) cancel(p *replaytest.Process, s step) {
	ctx, cancel := context.WithTimeout(p.Context, time.Minute)
	defer cancel()
	reader, book, err := p.Config.Open(ctx)
	if err != nil {
		return
	}
	defer reader.Close()
	if jobs := book.Jobs(); len(jobs) > 0 {
		id := jobs[s.N%len(jobs)].ID
		resumed := m.resumed(id)
		if job, err := p.Config.Cancel(ctx, id, "somebody", ""); err == nil && job.State == replay.StateCancelled {
			m.quiet(id, job.Counts.Replayed, resumed)
		}
	}
}

func (m *machine) discard(p *replaytest.Process, s step) {
	m.session(p, func(session *replay.Session) {
		o := s.order()
		plan := session.PlanDiscard(o)
		m.mark(plan)
		_, _ = session.Discard(p.Context, o, plan)
	})
}

func (m *machine) expire(_ *replaytest.Process, s step) {
	partition := int32(s.N % 3)
	m.Expire(partition, m.Cluster.PartitionInfo(m.Config.Topics.DLQ, partition).HighWatermark/2)
}
