package chaos

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// slow makes every send take long enough for queues to be full.
func slow(s *harness.System, from, to time.Duration) {
	s.Script(sandbox.Rule{Action: sandbox.Action{Type: script.Latency, Delay: from, DelayMax: to}})
}

func TestSIGTERMWithFullQueuesLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	s := newSystem(t, harness.Config{Partitions: 3})
	slow(s, 50*time.Millisecond, 300*time.Millisecond)
	var events []harness.Event
	rounds := times("DRAINS", 5)
	for round := range rounds {
		batch := harness.Events("drain-"+string(rune('a'+round)), 600)
		events = append(events, batch...)
		s.Publish(batch...)
		worker := s.StartWorker(map[string]string{"DRAIN_TIMEOUT": "10s"})
		accepted := s.Sandbox.Stats().Email.Accepted
		harness.Await(t, 30*time.Second, "sending has begun", func() bool {
			return s.Sandbox.Stats().Email.Accepted > accepted+50
		})
		code, took := worker.Terminate(15 * time.Second)
		if code != 0 || took > 10*time.Second {
			t.Fatalf("exit code %d after %s", code, took)
		}
		if strings.Contains(worker.Log(), "still under way") {
			t.Error("the drain did not wait for its sends")
		}
		if lag, left := s.Lag(), len(events)-len(s.Accepts()); int(lag) < left {
			t.Errorf("only %d records are uncommitted but %d were never sent", lag, left)
		}
	}
	s.StartWorker(nil)
	s.AwaitDone(time.Minute)
	if lost, doubled := s.Judge(events); lost != 0 || doubled != 0 {
		t.Errorf("lost %d, doubled %d", lost, doubled)
	}
}

func TestWorkersJoinLeaveAndDieUnderLoad(t *testing.T) {
	t.Parallel()
	s := newSystem(t, harness.Config{Partitions: 6})
	slow(s, 5*time.Millisecond, 60*time.Millisecond)
	l := startLoad(s, 400)
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	workers := []*harness.Process{s.StartWorker(nil)}
	for range times("REBALANCES", 10) {
		workers = append(workers, s.StartWorker(nil))
		<-time.After(500*time.Millisecond + time.Duration(random.IntN(1500))*time.Millisecond)
		i := random.IntN(len(workers))
		if len(workers) > 3 || random.IntN(2) == 0 {
			if random.IntN(3) == 0 {
				workers[i].Kill()
			} else if code, _ := workers[i].Terminate(25 * time.Second); code != 0 {
				t.Errorf("SIGTERM ended with %d", code)
			}
			workers = append(workers[:i], workers[i+1:]...)
		}
		s.AssertWholeLanes()
	}
	if len(workers) == 0 {
		s.StartWorker(nil)
	}
	events := l.end()
	s.AwaitDone(2 * time.Minute)
	lost, doubled := s.Judge(events)
	t.Logf("published %d, lost %d, doubled %d", len(events), lost, doubled)
	if lost != 0 || doubled != 0 {
		t.Errorf("lost %d, doubled %d", lost, doubled)
	}
	s.JudgeOrder()
}
