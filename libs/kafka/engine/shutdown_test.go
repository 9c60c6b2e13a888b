package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// What the oracle watches on every commit matters most here: nothing that was
// only queued may count as finished.

func TestSIGTERMWithFullQueuesLosesAndDoublesNothing(t *testing.T) {
	inRig(t, rigConfig{partitions: 2, concurrency: 4}, func(r *rig) {
		r.provider.latency = func() time.Duration { return 3 * time.Second }
		r.backlog(200)
		first := r.start()
		tick(10 * time.Second)
		begin := time.Now()
		if err := first.stop(); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took > 4*time.Second {
			t.Errorf("it took %s to stop with sends of 3s under way", took)
		}
		if sent, lag := r.provider.count(), r.lag(); r.provider.sends() != sent || lag != int64(200-sent) {
			t.Errorf("%d calls, %d sent, %d not committed of 200", r.provider.sends(), sent, lag)
		}
		r.provider.latency = func() time.Duration { return time.Millisecond }
		r.start()
		r.untilDone(time.Minute) // nothing is left in doubt, so nobody has to wait
		r.wantDone(200)
	})
}

func TestSIGTERMEndsWaitsAtOnce(t *testing.T) {
	for what, script := range map[string]answer{
		"retry": {failure: refused()}, "doubt": {failure: unanswered()},
		"gate": {failure: &domain.Failure{Class: domain.ClassConfiguration, Code: "fake.401"}},
	} {
		inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
			r.provider.script = func(ports.Notification, int) answer { return script }
			r.backlog(50)
			w := r.start()
			tick(30 * time.Second)
			begin := time.Now()
			if err := w.stop(); err != nil || time.Since(begin) > 2*time.Second {
				t.Errorf("waiting for %s: %v after %s", what, err, time.Since(begin))
			}
			if lag := r.lag(); lag != 50 {
				t.Errorf("waiting for %s: %d of 50 are not committed", what, lag)
			}
		})
	}
}

func TestASendThatHangsDoesNotKeepAStopForever(t *testing.T) {
	inRig(t, rigConfig{concurrency: 4, drain: 2 * time.Second}, func(r *rig) {
		r.provider.latency = func() time.Duration { return 9 * time.Second }
		r.backlog(8)
		w := r.start()
		tick(3 * time.Second)
		begin := time.Now()
		if err := w.stop(); err != nil || time.Since(begin) > 5*time.Second {
			t.Errorf("%v after %s", err, time.Since(begin))
		}
		r.start()
		r.untilDone(2 * time.Hour)
		r.wantDone(8)
	})
}

// Kafka is gone in the middle of sending: its connections break, or stay open and
// nothing comes back on them. The consumer ends within what it promises.
func TestAStopThatKafkaDoesNotAnswerEnds(t *testing.T) {
	for what, gone := range map[string]func(w *worker){
		"cut":    func(w *worker) { w.cut(false) },
		"silent": func(w *worker) { w.group.Stall(); w.ledger.Stall() },
	} {
		inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
			r.backlog(50)
			w := r.start()
			r.until(time.Minute, "some sent", func() bool { return r.provider.count() > 10 })
			gone(w)
			tick(5 * time.Second)
			begin := time.Now()
			go func() { _ = w.stop() }()
			<-w.ended
			if took := time.Since(begin); took > r.cfg.drain+LeaveTimeout {
				t.Errorf("%s: it took %s", what, took)
			}
			w.thaw()
			r.start()
			r.untilDone(2 * time.Hour)
			r.wantDone(50)
		})
	}
}

// The drain that a stop has waited for is not waited for again when the group is
// left: its partitions go to the next owner at once.
func TestAStopLeavesTheGroupAlthoughASendHangs(t *testing.T) {
	inRig(t, rigConfig{concurrency: 4, drain: 2 * time.Second}, func(r *rig) {
		r.provider.latency = func() time.Duration { return 9 * time.Second }
		r.backlog(8)
		w := r.start()
		tick(3 * time.Second)
		begin := time.Now()
		go func() { _ = w.stop() }()
		<-w.ended
		if took := time.Since(begin); took > r.cfg.drain+time.Second {
			t.Errorf("it took %s", took)
		}
		if members := len(r.cluster.GroupInfo(rigGroup).Members); members > 0 {
			t.Errorf("%d members are left", members)
		}
	})
}

// The client would let a commit wait for the one before it without a limit.
func TestACommitWaitsForTheOneBeforeNoLongerThanItMay(t *testing.T) {
	inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
		c := r.startReady().consumer.commits
		c.busy <- struct{}{}
		begin := time.Now()
		err := c.send(r.t.Context(), LeaveTimeout, offsets{rigSource: {0: {Epoch: -1}}})
		if took := time.Since(begin); !errors.Is(err, context.DeadlineExceeded) || took != LeaveTimeout {
			t.Errorf("%v after %s", err, took)
		}
		<-c.busy
	})
}

// Members come and go under load; one that gives a partition up has queues full
// of it.
func TestMembersThatComeAndGoLoseAndDoubleNothing(t *testing.T) {
	crowd(t)
	seeded(t, 3, func(t *testing.T, random *rand.Rand) {
		inRig(t, rigConfig{partitions: 6, concurrency: 4}, func(r *rig) {
			r.provider.latency = func() time.Duration { return between(random, 10*time.Millisecond, time.Second) }
			r.provider.visibility = 20 * time.Minute
			r.backlog(600)
			r.start()
			for range 12 {
				tick(between(random, 0, 5*time.Second))
				if w := r.workers[random.IntN(len(r.workers))]; random.IntN(2) == 0 {
					go func() { _ = w.stop() }()
				}
				r.start()
			}
			r.untilDone(5 * time.Minute) // no claim is left behind in doubt
			r.wantDone(600)
			if n := r.provider.sends(); n != 600 {
				t.Errorf("%d calls for 600 messages", n)
			}
		})
	})
}

func TestEachReplicaTakesItsShare(t *testing.T) {
	crowd(t)
	inRig(t, rigConfig{partitions: 6, concurrency: 4}, func(r *rig) {
		for range 3 {
			r.start()
		}
		r.until(2*time.Minute, "two lanes for each", func() bool {
			for _, w := range r.workers {
				if w.consumer.Ready() != nil || len(w.consumer.Lanes()) != 2 {
					return false
				}
			}
			return true
		})
		for i := range 60 {
			r.publish(int32(i%6), fmt.Sprintf("a-%d", i), tomorrow())
		}
		r.untilDone(time.Minute)
		for i, w := range r.workers {
			if n := w.observer.outcomes["sent "]; n != 20 {
				t.Errorf("worker %d sent %d of 60", i, n)
			}
		}
	})
}
