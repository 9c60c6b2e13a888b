package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// seeded runs a test n times, fewer under the race detector, with seeds that
// its name shows. RIG_SEED repeats one.
func seeded(t *testing.T, n int, test func(t *testing.T, random *rand.Rand)) {
	t.Helper()
	base, n := rand.Uint64()>>32, max(1, n/rounds)
	if given, err := strconv.ParseUint(os.Getenv("RIG_SEED"), 10, 64); err == nil {
		base, n = given, 1
	}
	for i := range uint64(n) {
		t.Run(fmt.Sprintf("RIG_SEED=%d", base+i), func(t *testing.T) {
			t.Parallel()
			test(t, rand.New(&shared{source: rand.NewPCG(base+i, 0)}))
		})
	}
}

// shared is a source of random numbers for many goroutines.
type shared struct {
	mu     sync.Mutex
	source rand.Source
}

// Uint64 implements rand.Source.
func (s *shared) Uint64() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.source.Uint64()
}

// between draws a duration.
func between(random *rand.Rand, low, high time.Duration) time.Duration {
	return low + time.Duration(random.Int64N(int64(high-low)))
}

func refused() *domain.Failure {
	return &domain.Failure{Class: domain.ClassTransient, Code: "fake.429"}
}

func rejected() *domain.Failure {
	return &domain.Failure{Class: domain.ClassRecipientRejected, Code: "fake.400"}
}

func unanswered() *domain.Failure {
	return &domain.Failure{Class: domain.ClassUnknownOutcome, Code: "fake.503"}
}

func TestEventsOfOneAppointmentAreSentInOrder(t *testing.T) {
	seeded(t, 3, func(t *testing.T, random *rand.Rand) {
		inRig(t, rigConfig{partitions: 2, concurrency: 16}, func(r *rig) {
			r.provider.latency = func() time.Duration { return between(random, time.Millisecond, 2*time.Second) }
			r.provider.script = func(_ ports.Notification, nth int) answer {
				if nth < 4 && random.IntN(5) == 0 {
					return answer{failure: refused()}
				}
				return answer{}
			}
			r.start()
			at := tomorrow()
			for revision := range 5 {
				for i := range 40 {
					r.publish(int32(i%2), fmt.Sprintf("a-%d", i), at, revised(revision))
				}
				tick(between(random, 0, 3*time.Second))
			}
			r.untilDone(30 * time.Minute)
			r.wantDone(200)
		})
	})
}

// took returns how long it was until n records of appointments with this first
// letter had an outcome.
func (r *rig) took(letter byte, n int) time.Duration {
	r.t.Helper()
	begin, last := time.Now(), time.Time{}
	r.until(10*time.Minute, fmt.Sprintf("%d outcomes of %c", n, letter), func() bool {
		seen := 0
		for _, w := range r.workers {
			w.observer.mu.Lock()
			for _, f := range w.observer.finishes {
				if f.appointment[0] == letter {
					seen, last = seen+1, f.at
				}
			}
			w.observer.mu.Unlock()
		}
		return seen >= n
	})
	return last.Sub(begin)
}

func TestAHotAppointmentDoesNotStarveTheOthers(t *testing.T) {
	for concurrency, others := range map[int]int{1: 100, 8: 700} {
		inRig(t, rigConfig{concurrency: concurrency}, func(r *rig) {
			var recs []*kgo.Record
			at := tomorrow()
			for i := range 150 {
				recs = append(recs, r.event(0, "hot", at, revised(i)))
			}
			for i := range others {
				recs = append(recs, r.event(0, fmt.Sprintf("a-%d", i), tomorrow()))
			}
			r.startReady()
			r.write(recs...)
			// 100 ms each on the slots that the hot one leaves.
			if took := r.took('a', others); took > 12*time.Second {
				t.Errorf("with %d slots the others took %s", concurrency, took)
			}
			r.untilDone(2 * time.Minute)
			r.wantDone(150 + others)
		})
	}
}

// One key that fails for ever must cost the others no more than its own calls.
func TestAPoisonKeyCostsTheOthersNothing(t *testing.T) {
	throughput := func(poisoned bool) (took time.Duration) {
		inRig(t, rigConfig{concurrency: 16, attempts: 5}, func(r *rig) {
			r.provider.script = func(n ports.Notification, _ int) answer {
				if n.Event.AppointmentID == "poison" {
					return answer{failure: refused()}
				}
				return answer{}
			}
			first := "b-healthy"
			if poisoned {
				first = "poison"
			}
			recs := []*kgo.Record{r.event(0, first, tomorrow())}
			for i := range 2000 {
				recs = append(recs, r.event(0, fmt.Sprintf("a-%d", i), tomorrow()))
			}
			r.startReady()
			r.write(recs...)
			took = r.took('a', 2000)
			r.untilDone(30 * time.Minute)
			if got := r.classes()[domain.ClassRetriesExhausted]; poisoned != (got == 1) {
				t.Errorf("%d dead letters", got)
			}
		})
		return took
	}
	without, with := throughput(false), throughput(true)
	if with > without*100/95 {
		t.Errorf("2000 records took %s, beside a poison key %s", without, with)
	}
}

func TestAFullPartitionPausesAloneAndGoesOn(t *testing.T) {
	inRig(t, rigConfig{partitions: 2, concurrency: 8}, func(r *rig) {
		const share = maxQueued / 4 // two lanes of two halves
		latency := 8 * time.Second
		r.provider.latency = func() time.Duration { return latency }
		var recs []*kgo.Record
		at := tomorrow()
		for i := range share + 500 {
			recs = append(recs, r.event(0, "hot", at, revised(i)))
		}
		r.write(recs...)
		w := r.start()
		tick(30 * time.Second)
		r.provider.mu.Lock()
		latency = time.Millisecond
		r.provider.mu.Unlock()
		for i := range 300 {
			r.publish(1, fmt.Sprintf("a-%d", i), tomorrow())
		}
		for _, lane := range w.consumer.Lanes() {
			if limit := share + 50; lane.Partition == 0 && (lane.Queued < share/2 || lane.Queued > limit) {
				t.Errorf("lane %d holds %d records, want %d to %d", lane.Partition, lane.Queued, share/2, limit)
			}
		}
		if took := r.took('a', 300); took > 5*time.Second {
			t.Errorf("beside a full partition the other one took %s", took)
		}
		r.untilDone(10 * time.Minute)
		r.wantDone(share + 800)
	})
}

// A worker that is done takes what is ready itself, with the slot that it has; the
// dispatcher is not needed for it.
func TestAWorkerGoesOnWithWhatIsReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := quietLane(t, 8)
		slot, err := c.dispatcher.slots.Start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		j, ok := c.dispatcher.next(slot)
		if !ok {
			t.Fatal("nothing may start")
		}
		c.dispatcher.work(j)
		if left := l.halves[rigSource].queued; left > 0 || slot.Held() {
			t.Errorf("%d records are left, the slot is held: %v", left, slot.Held())
		}
	})
}

// Once the consumer stops, a worker that still has a slot starts nothing more.
func TestNothingStartsOnceTheDispatcherHasStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := quietLane(t, 8)
		slot, err := c.dispatcher.slots.Start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		j, _ := c.dispatcher.next(slot)
		over, stop := context.WithCancel(t.Context())
		stop()
		c.dispatcher.run(over)
		c.dispatcher.work(j)
		if left := l.halves[rigSource].queued; left != 7 {
			t.Errorf("%d records are left, want all that had not started", left)
		}
	})
}

// quietLane is a lane with n records, of a consumer whose dispatcher does not run.
func quietLane(t *testing.T, n int) (*Consumer, *lane) {
	t.Helper()
	c, l := benchLane(t.Context())
	c.registrar.register(polledRecords(0, n, `{"email":true,"sms":false}`))
	return c, l
}

// A record whose wait is over gets the next start slot, however much is ready: workers
// that go on with their own slots must not keep it from those who gave theirs back.
func TestARetryIsNotLeftBehindByABacklog(t *testing.T) {
	inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
		const others = 3000 // 75 s
		r.provider.script = func(n ports.Notification, nth int) answer {
			if n.Event.AppointmentID == "refused" && nth == 1 {
				return answer{failure: refused()}
			}
			return answer{}
		}
		recs := []*kgo.Record{r.event(0, "refused", tomorrow())}
		for i := range others {
			recs = append(recs, r.event(0, fmt.Sprintf("a-%d", i), tomorrow()))
		}
		r.startReady()
		r.write(recs...)
		if took := r.took('r', 1); took > 10*time.Second {
			t.Errorf("a retry that was due after 2 s took %s", took)
		}
		r.untilDone(2 * time.Minute)
		r.wantDone(others + 1)
	})
}
