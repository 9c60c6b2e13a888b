package engine

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// backlog writes n events of as many appointments.
func (r *rig) backlog(n int) {
	r.t.Helper()
	recs := make([]*kgo.Record, n)
	for i := range recs {
		recs[i] = r.event(int32(i)%r.cfg.partitions, fmt.Sprintf("a-%d", i), tomorrow())
	}
	r.write(recs...)
}

func TestAnOutageIsAPause(t *testing.T) {
	inRig(t, rigConfig{partitions: 2, concurrency: 8, attempts: 3}, func(r *rig) {
		const n = 6000 // more than a process holds of two partitions
		r.provider.latency = func() time.Duration { return 10 * time.Millisecond }
		r.provider.down(true)
		r.backlog(n)
		w := r.start()
		most := 0
		for range 60 {
			tick(30 * time.Second)
			held := 0
			for _, lane := range w.consumer.Lanes() {
				held += lane.Queued
			}
			most = max(most, held)
		}
		if most > maxQueued/2+2*50 {
			t.Errorf("up to %d records were held in memory", most)
		}
		if calls := r.provider.sends(); calls > 16 {
			t.Errorf("%d calls in half an hour to a provider that is down", calls)
		}
		if w.consumer.Live() != nil || w.gate.Halted() != true {
			t.Errorf("live: %v, halted: %v", w.consumer.Live(), w.gate.Halted())
		}
		r.provider.down(false)
		r.untilDone(10*time.Second + n*10*time.Millisecond/8*3/2)
		r.wantDone(n)
		if dead := len(r.deadLetters()); dead > 0 {
			t.Errorf("%d dead letters", dead)
		}
	})
}

// The provider accepts, and its answer is lost: on a reset, a timeout, a 503.
func TestLostAnswersAreNeitherLostNorDoubled(t *testing.T) {
	seeded(t, 2, func(t *testing.T, random *rand.Rand) {
		inRig(t, rigConfig{partitions: 2, concurrency: 16}, func(r *rig) {
			r.provider.visibility = 5 * time.Minute
			r.provider.script = func(_ ports.Notification, nth int) answer {
				if nth == 1 && random.IntN(20) == 0 {
					return answer{failure: unanswered(), accepted: random.IntN(3) > 0, late: between(random, 1, rigSettle)}
				}
				return answer{}
			}
			r.backlog(600)
			r.start()
			r.untilDone(3 * time.Hour)
			r.wantDone(600)
			if len(r.deadLetters()) > 0 || r.provider.sends() == 600 {
				t.Errorf("%d dead letters, %d calls", len(r.deadLetters()), r.provider.sends())
			}
		})
	})
}

func TestTheSameEventTwiceIsSentOnce(t *testing.T) {
	inRig(t, rigConfig{concurrency: 8}, func(r *rig) {
		at := tomorrow()
		publish := func() {
			for i := range 20 {
				r.publish(0, fmt.Sprintf("a-%d", i), at)
			}
		}
		publish()
		publish()
		r.start()
		r.untilDone(time.Minute)
		tick(time.Hour)
		publish()
		r.untilDone(time.Minute)
		r.wantDone(20)
		if n := r.outcome(domain.StatusSkipped, domain.SkipAlreadySent); n != 40 {
			t.Errorf("%d were skipped as already sent, want 40", n)
		}
	})
}

// A member that is down for longer than its records are read again: what was
// sent above the watermark is in the ledger.
func TestARestartSendsNothingAgain(t *testing.T) {
	inRig(t, rigConfig{concurrency: 4, visibility: time.Minute}, func(r *rig) {
		r.provider.script = func(n ports.Notification, nth int) answer {
			if n.Event.AppointmentID == "a-0" && nth < 3 {
				return answer{failure: unanswered()} // holds the watermark
			}
			return answer{}
		}
		r.backlog(100)
		first := r.start()
		r.until(time.Minute, "all others sent", func() bool { return r.provider.count() == 99 })
		if lag := r.lag(); lag != 100 {
			t.Errorf("%d records are not committed, want all", lag)
		}
		first.kill()
		r.start()
		r.untilDone(30 * time.Minute)
		r.wantDone(100)
		if n := r.provider.sends(); n != 102 {
			t.Errorf("%d calls, want 99 and 3", n)
		}
	})
}
