package chaos

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// load publishes events all the while, several per appointment, whose
// recipients sort in the order of publication.
type load struct {
	s      *harness.System
	mu     sync.Mutex
	events []harness.Event
	stop   chan struct{}
	done   sync.WaitGroup
}

const appointments = 40

func startLoad(s *harness.System, perSecond int) *load {
	l := &load{s: s, stop: make(chan struct{})}
	l.done.Go(func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				l.publish(perSecond / 20)
			case <-l.stop:
				return
			}
		}
	})
	return l
}

func (l *load) publish(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	batch := make([]harness.Event, n)
	for i := range batch {
		seq := len(l.events) + i
		e := harness.NewEvent(fmt.Sprintf("chaos-%d", seq%appointments))
		e["email"] = fmt.Sprintf("chaos-%d.%06d@patients.example", seq%appointments, seq)
		batch[i] = e
	}
	l.s.Publish(batch...)
	l.events = append(l.events, batch...)
}

// end stops publishing and returns what was published.
func (l *load) end() []harness.Event {
	close(l.stop)
	l.done.Wait()
	return l.events
}

// killLoop kills a worker at random instants under load, restarts it each time
// and returns what the provider's journal says. It has the machine to itself:
// a worker that is slow to start would be killed before it sends.
func killLoop(t *testing.T, s *harness.System, pkg string, kills int) (lost, doubled, sent int) {
	t.Helper()
	s.Script(sandbox.Rule{Action: sandbox.Action{Type: script.Latency, Delay: 5 * time.Millisecond, DelayMax: 80 * time.Millisecond}})
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	settings := s.Settings()
	// A static member takes its partitions back at once.
	settings["KAFKA_GROUP_INSTANCE_ID"] = "worker-1"
	l := startLoad(s, 400)
	for range kills {
		worker := harness.Start(t, binaries.Path(t, pkg), settings)
		select {
		case <-time.After(300*time.Millisecond + time.Duration(random.IntN(1200))*time.Millisecond):
		case <-t.Context().Done():
		}
		worker.Kill()
	}
	harness.Start(t, binaries.Path(t, pkg), settings)
	events := l.end()
	s.AwaitDone(3 * time.Minute)
	lost, doubled = s.Judge(events)
	return lost, doubled, len(events)
}

func TestKillMinusNineLosesNothingAndDoublesNothing(t *testing.T) {
	s := newSystem(t, harness.Config{Partitions: 3})
	kills := times("KILLS", 10)
	lost, doubled, published := killLoop(t, s, "services/email-worker", kills)
	t.Logf("kills %d, published %d, lost %d, doubled %d", kills, published, lost, doubled)
	if lost != 0 || doubled != 0 {
		t.Errorf("lost %d, doubled %d", lost, doubled)
	}
	if n := len(s.DeadLetters()); n != 0 {
		t.Errorf("%d dead letters", n)
	}
	s.JudgeOrder()
}

func TestTheSameKillsShowDuplicatesWithALedgerThatForgets(t *testing.T) {
	s := newSystem(t, harness.Config{Partitions: 3})
	lost, doubled, published := killLoop(t, s, "tests/forgetful", 5)
	t.Logf("published %d, lost %d, doubled %d", published, lost, doubled)
	if lost != 0 {
		t.Errorf("lost %d", lost)
	}
	if doubled == 0 {
		t.Error("no duplicate: the kill test could not fail")
	}
}
