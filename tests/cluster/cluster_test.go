// Package cluster breaks a cluster of three brokers on purpose, under load, and
// lets the providers' journal and the topics decide whether anything was lost or
// doubled.
package cluster

import (
	"context"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tests/kafkatest"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// partitions is how many the source has.
const partitions = 6

// patience bounds every wait for what must happen: brokers and workers share
// the machine with whatever else runs on it.
const patience = 4 * time.Minute

// run is one cluster, one system of two channels on it, and what has been done
// to them.
type run struct {
	t          *testing.T
	random     *rand.Rand
	cluster    *kafkatest.Cluster
	email, sms *harness.System
	workers    []*worker
	load       *load
	report     report
}

// TestAClusterThatKeepsFailingLosesAndDoublesNothing lets one fault after another
// happen for three minutes, or CLUSTER_MINUTES, each once the cluster is whole
// again, now and then with a worker that dies in the middle of it.
func TestAClusterThatKeepsFailingLosesAndDoublesNothing(t *testing.T) {
	r := start(t)
	end := time.Now().Add(duration())
	for again := true; again; {
		again = false
		all := faults()
		r.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for _, f := range all {
			if time.Until(end) > f.room {
				r.suffer(f)
				again = true
			}
		}
	}
	events := r.load.end()
	for _, s := range []*harness.System{r.email, r.sms} {
		r.judge(s, events)
	}
	r.report.tell(r)
}

func duration() time.Duration {
	if n, err := strconv.ParseFloat(os.Getenv("CLUSTER_MINUTES"), 64); err == nil && n > 0 {
		return time.Duration(n * float64(time.Minute))
	}
	return 3 * time.Minute
}

// seed is another one in each run; CLUSTER_SEED repeats the schedule of one.
func seed(t *testing.T) uint64 {
	n, err := strconv.ParseUint(os.Getenv("CLUSTER_SEED"), 10, 64)
	if err != nil {
		n = uint64(time.Now().UnixNano())
	}
	t.Logf("CLUSTER_SEED=%d", n)
	return n
}

func start(t *testing.T) *run {
	t.Helper()
	r := &run{t: t, random: rand.New(rand.NewPCG(seed(t), 0)), cluster: kafkatest.NewCluster(t)}
	r.email = harness.NewOn(t, r.cluster, harness.NewBinaries(t.TempDir()), harness.Config{
		Partitions: partitions, Sandbox: sandbox.Options{},
		Settings: map[string]string{"KAFKA_TOPIC_REPLICATION_FACTOR": "3", "KAFKA_SESSION_TIMEOUT_SECONDS": "15"},
	})
	r.sms = r.email.View(sandbox.SMS)
	r.email.Script(sandbox.Rule{Action: sandbox.Action{Type: script.Latency, Delay: 5 * time.Millisecond, DelayMax: 80 * time.Millisecond}})
	r.workers = startWorkers(r.email, r.sms)
	for _, w := range r.workers {
		w.awaitReady()
	}
	r.load = startLoad(r.email, r.cluster)
	r.catchUp()
	return r
}

// suffer lets a fault happen and waits until everything is as before.
func (r *run) suffer(f fault) {
	r.t.Helper()
	r.cluster.AwaitWhole(r.t, r.email.Admin)
	began := time.Now()
	mend := f.do(r)
	worker := r.random.IntN(4) == 0
	if worker {
		kill(r.workers, r.random)
	}
	if f.atMost > 0 {
		r.wait(f.atLeast + time.Duration(r.random.Int64N(int64(f.atMost-f.atLeast))))
	}
	mended := time.Now()
	mend()
	r.catchUp()
	r.report.add(f.name, worker, began, mended, time.Now())
	r.t.Logf("%s: lasted %s, all caught up %s after it began", f.name, mended.Sub(began).Round(time.Second), time.Since(began).Round(time.Second))
}

func (r *run) wait(d time.Duration) {
	select {
	case <-time.After(d):
	case <-r.t.Context().Done():
	}
}

// catchUp waits until all that stands in the source now is committed on both
// channels.
func (r *run) catchUp() {
	r.t.Helper()
	var ends kadm.ListedOffsets
	r.ask("end of the source", func(ctx context.Context) (err error) {
		if ends, err = r.email.Admin.ListEndOffsets(ctx, r.email.Source); err != nil {
			return err
		}
		return ends.Error()
	})
	for _, s := range []*harness.System{r.email, r.sms} {
		harness.Await(r.t, patience, s.Channel+" to catch up", func() bool {
			revive(r.t, r.workers)
			commits, err := s.Admin.FetchOffsets(r.t.Context(), s.Group)
			if err != nil {
				return false
			}
			behind := false
			ends.Each(func(o kadm.ListedOffset) {
				c, ok := commits.Lookup(o.Topic, o.Partition)
				behind = behind || o.Offset > 0 && (!ok || c.At < o.Offset)
			})
			return !behind
		})
	}
}

// judge checks that each event was accepted once, in order, that it has one
// outcome, and that nothing is left to do.
func (r *run) judge(s *harness.System, events []harness.Event) {
	r.t.Helper()
	r.catchUp()
	lost, doubled := s.Judge(events)
	r.t.Logf("%s: %d events, lost %d, doubled %d", s.Channel, len(events), lost, doubled)
	if lost != 0 || doubled != 0 {
		r.t.Errorf("%s: lost %d, doubled %d", s.Channel, lost, doubled)
	}
	if n := len(s.DeadLetters()); n != 0 {
		r.t.Errorf("%d dead letters", n)
	}
	if s.Channel == sandbox.Email { // a text message does not name its appointment
		s.JudgeOrder()
	}
	told := s.Told()
	for at, facts := range told {
		for _, o := range facts {
			if len(facts) != 1 || o.Outcome != "sent" || o.ProviderMessageID == "" {
				r.t.Errorf("%v was told as %+v", at, facts)
			}
		}
	}
	if len(told) != len(events) {
		r.t.Errorf("%s: %d events have an outcome, want %d", s.Channel, len(told), len(events))
	}
	for _, w := range r.workers {
		w.awaitReady()
	}
}

func (w *worker) awaitReady() {
	w.s.T.Helper()
	harness.Await(w.s.T, patience, "ready", func() bool {
		code, _ := w.process.Health("/readyz")
		return code == http.StatusOK
	})
}
