package chaos

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tests/kafkatest"
)

// What the only broker has acknowledged is in the machine's memory when its
// process dies, and so outlives it.
func TestKillMinusNineOfTheBrokerLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	broker.RequireReal(t)
	own := kafkatest.New(t)
	s := harness.New(t, own, binaries, harness.Config{Partitions: 3})
	slow(s, 5*time.Millisecond, 80*time.Millisecond)
	s.StartWorker(nil)
	l := startLoad(s, 100)
	for range times("BROKER_KILLS", 3) {
		awaitMore(s, 100)
		own.Kill(t)
		await(t, time.Duration(rand.IntN(3000))*time.Millisecond)
		own.Start(t)
	}
	awaitMore(s, 100)
	wantAllSentOnce(t, s, l.end())
	s.JudgeOrder()
}

// A broker whose only disk is full halts. Whatever it has not acknowledged is
// written when it is back: the worker neither ends nor gives up on anything.
func TestAFullDiskIsAPause(t *testing.T) {
	t.Parallel()
	broker.RequireReal(t)
	own := kafkatest.NewWith(t, kafkatest.Options{DiskSize: 256 << 20})
	s := harness.New(t, own, binaries, harness.Config{Partitions: 3})
	slow(s, 5*time.Millisecond, 80*time.Millisecond)
	worker := s.StartWorker(nil)
	l := startLoad(s, 100)
	awaitMore(s, 100)
	own.FillDisk(t)
	harness.Await(t, 2*time.Minute, "the broker's end", func() bool { return !own.Running(t) })
	harness.Await(t, 2*time.Minute, "the worker to say so", func() bool {
		code, _ := worker.Health("/readyz")
		return code == http.StatusServiceUnavailable
	})
	own.FreeDisk(t)
	own.Start(t)
	awaitMore(s, 100)
	wantAllSentOnce(t, s, l.end())
	s.JudgeOrder()
	if !worker.Running() {
		t.Error("the worker ended")
	}
	worker.AwaitReady(t)
}

// An offset does not move past an event whose dead letter Kafka refuses; the
// worker says so, goes on with the others, and writes it once it can.
func TestDeadLettersThatCannotBeWrittenHoldTheirOffsets(t *testing.T) {
	t.Parallel()
	s := newSystem(t, harness.Config{Partitions: 2})
	worker := s.StartWorker(nil) // which would not start with such a topic
	worker.AwaitReady(t)
	s.Refuse(s.DLQ)
	const broken = 20 // the first records of both partitions
	for i := range broken {
		s.Write(&kgo.Record{Topic: s.Source, Key: fmt.Appendf(nil, "broken-%d", i), Value: []byte("{")})
	}
	events := harness.Events("whole", 200)
	s.Publish(events...)
	awaitMore(s, len(events))
	harness.Await(t, time.Minute, "the worker to say so", func() bool {
		code, body := worker.Health("/readyz")
		return code == http.StatusServiceUnavailable && strings.Contains(string(body), s.DLQ) && worker.Alerts()["kafka.write"] > 0
	})
	if lag := s.Lag(); lag != int64(broken+len(events)) {
		t.Errorf("%d records are not committed, want all %d", lag, broken+len(events))
	}
	s.Take(s.DLQ)
	s.AwaitDone(2 * time.Minute)
	worker.AwaitReady(t)
	if n := len(s.DeadLetters()); n != broken {
		t.Errorf("%d dead letters, want %d", n, broken)
	}
	if lost, doubled := s.Judge(events); lost != 0 || doubled != 0 {
		t.Errorf("lost %d, doubled %d", lost, doubled)
	}
}

// awaitMore waits until n more messages have been accepted.
func awaitMore(s *harness.System, n int) {
	s.T.Helper()
	before := s.Sandbox.Stats().Email.Accepted
	harness.Await(s.T, 3*time.Minute, "sending goes on", func() bool { return s.Sandbox.Stats().Email.Accepted >= before+n })
}

// wantAllSentOnce waits until all is committed and fails the test unless each
// event was accepted, and told, once.
func wantAllSentOnce(t *testing.T, s *harness.System, events []harness.Event) {
	t.Helper()
	s.AwaitDone(3 * time.Minute)
	lost, doubled := s.Judge(events)
	t.Logf("published %d, lost %d, doubled %d", len(events), lost, doubled)
	if lost != 0 || doubled != 0 {
		t.Errorf("lost %d, doubled %d", lost, doubled)
	}
	if n := len(s.DeadLetters()); n != 0 {
		t.Errorf("%d dead letters", n)
	}
	told := s.Told()
	for at, facts := range told {
		for _, o := range facts {
			if len(facts) != 1 || o.Outcome != "sent" {
				t.Errorf("%v was told as %+v", at, facts)
			}
		}
	}
	if len(told) != len(events) {
		t.Errorf("%d events have an outcome, want %d", len(told), len(events))
	}
}
