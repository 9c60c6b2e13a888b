package engine

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// history is a backlog of appointments that were confirmed, moved and partly
// cancelled: longer than the queues, with revisions on every second one.
type history struct {
	confirmed, changed []*kgo.Record
	// newest is each appointment's last event.
	newest []*kgo.Record
}

func (r *rig) history(n int) *history {
	h := &history{}
	at := tomorrow()
	for i := range n {
		event := func(revision int, edit ...func(map[string]any)) *kgo.Record {
			if i%2 == 0 {
				edit = append(edit, revised(revision))
			}
			return r.event(int32(i)%r.cfg.partitions, fmt.Sprintf("a-%d", i), at.Add(time.Duration(revision)*time.Hour), edit...)
		}
		h.confirmed = append(h.confirmed, event(1))
		h.changed = append(h.changed, event(2, with("status", "rescheduled")))
		if i%3 == 0 {
			h.changed = append(h.changed, event(3, with("status", "cancelled")))
		}
		h.newest = append(h.newest, h.changed[len(h.changed)-1])
	}
	return h
}

// wantNewest checks that each appointment's newest event was told and nothing
// else.
func (r *rig) wantNewest(h *history) {
	r.t.Helper()
	r.wantDone(len(h.newest))
	r.wantTold(h.newest...)
}

// longHistory is more than all queues hold, so that an event and the newer one of
// its appointment are never in a queue together.
const longHistory = maxQueued/2 + 300

// wantTold checks that each of these events was accepted.
func (r *rig) wantTold(recs ...*kgo.Record) {
	r.t.Helper()
	r.oracle.mu.Lock()
	defer r.oracle.mu.Unlock()
	missing := 0
	for _, rec := range recs {
		if e := r.oracle.records[place{rec.Topic, rec.Partition, rec.Offset}]; !r.provider.accepted(e.key) {
			missing++
		}
	}
	if missing > 0 {
		r.t.Errorf("%d of %d events were not told", missing, len(recs))
	}
}

// The provider is up all the time, so that only the look before the first claim
// can know.
func TestALaneSendsNothingBeforeItHasLookedAhead(t *testing.T) {
	inRig(t, rigConfig{partitions: 2, concurrency: 8}, func(r *rig) {
		r.provider.latency = func() time.Duration { return 10 * time.Millisecond }
		h := r.history(longHistory)
		r.write(h.confirmed...)
		r.write(h.changed...)
		w := r.startReady()
		r.untilDone(10 * time.Minute)
		r.wantNewest(h)
		if lanes := w.consumer.Lanes(); lanes[0].Ahead+lanes[1].Ahead > 0 || w.consumer.lanes.intake.ahead.Load() != 0 {
			t.Errorf("facts are held although the queues have caught up: %+v", lanes)
		}
	})
}

// Events that are published while the lanes are paused are found by the looks ahead; if
// the worker dies meanwhile, its successor's first look finds them.
func TestAfterAnOutageOnlyTheNewestIsTold(t *testing.T) {
	for _, killed := range []bool{false, true} {
		inRig(t, rigConfig{partitions: 2, concurrency: 8}, func(r *rig) {
			r.provider.latency = func() time.Duration { return 10 * time.Millisecond }
			r.provider.down(true)
			h := r.history(longHistory)
			for i := range 2100 { // fills the queues with others
				h.newest = append(h.newest, r.event(int32(i)%2, fmt.Sprintf("b-%d", i), tomorrow()))
			}
			r.write(h.newest[longHistory:]...)
			r.write(h.confirmed...)
			w := r.startReady()
			tick(time.Minute)
			r.write(h.changed...)
			tick(time.Minute)
			if lanes := w.consumer.Lanes(); lanes[0].Ahead < 900 || lanes[1].Ahead < 900 {
				t.Errorf("the lanes do not look ahead while they are paused: %+v", lanes)
			}
			if killed {
				w.kill()
				tick(rigSession + time.Second)
				r.startReady()
				tick(time.Minute)
			}
			r.provider.down(false)
			r.untilDone(10 * time.Minute)
			r.wantNewest(h)
		})
	}
}

// Events that found no room are looked for again once there is room.
func TestALookAheadThatIsFullIsSaidAndMadeAgain(t *testing.T) {
	inRig(t, rigConfig{partitions: 2, concurrency: 8}, func(r *rig) {
		r.provider.latency = func() time.Duration { return 10 * time.Millisecond }
		r.provider.down(true)
		h := r.history(longHistory)
		r.write(h.confirmed...)
		r.write(h.changed...)
		w := r.start()
		w.consumer.lanes.intake.ahead.Add(maxAhead)
		tick(time.Minute)
		w.observer.mu.Lock()
		said := slices.Contains(w.observer.alerts, "record.lookahead")
		w.observer.mu.Unlock()
		if !said {
			t.Error("no alert")
		}
		w.consumer.lanes.intake.ahead.Add(-maxAhead)
		tick(time.Minute)
		r.provider.down(false)
		r.untilDone(10 * time.Minute)
		r.wantNewest(h)
	})
}

// A retry that is a day away ends when the event is not true any more.
func TestACancellationEndsADayLongWait(t *testing.T) {
	inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
		at := tomorrow().Add(48 * time.Hour)
		r.provider.script = func(n ports.Notification, _ int) answer {
			if n.Event.Status != domain.AppointmentCancelled {
				f := refused()
				f.RetryAfter = 24 * time.Hour
				return answer{failure: f}
			}
			return answer{}
		}
		r.startReady()
		r.publish(0, "a-0", at)
		r.until(time.Minute, "a call", func() bool { return r.provider.sends() == 1 })
		tick(time.Minute)
		r.publish(0, "a-0", at, with("status", "cancelled"))
		r.until(10*time.Second, "the confirmation is superseded", func() bool {
			return r.outcome(domain.StatusSkipped, domain.SkipSuperseded) == 1
		})
		r.untilDone(25 * time.Hour) // the delay is the recipient's, and holds for the cancellation too
		r.wantDone(1)
	})
}

// The replayed event lies behind the newer one, which waits as well.
func TestAReplayInTheQueueIsWithdrawnByTheNewerEvent(t *testing.T) {
	inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
		heal := r.failing("a-0")
		r.publish(0, "a-0", tomorrow())
		r.startReady()
		r.untilDone(time.Minute)
		heal()
		r.provider.down(true)
		moved := r.publish(0, "a-0", tomorrow().Add(time.Hour))
		tick(time.Minute)
		r.replay(r.deadLetters()[0], false)
		tick(time.Minute)
		r.provider.down(false)
		r.untilDone(time.Minute)
		r.wantDone(1)
		r.wantTold(moved)
	})
}

// Their events lie in one queue, and one of them is replayed.
func TestTwoRecipientsOfOneAppointmentAreBothTold(t *testing.T) {
	inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
		at, bad := tomorrow(), true
		r.provider.script = func(n ports.Notification, _ int) answer {
			if bad && n.Recipient == "one@patients.example" {
				return answer{failure: rejected()}
			}
			return answer{}
		}
		r.provider.down(true)
		r.startReady()
		r.write(r.event(0, "a-0", at, with("email", "one@patients.example")), r.event(0, "a-0", at, with("email", "two@patients.example")))
		tick(10 * time.Minute)
		r.provider.down(false)
		r.untilDone(time.Minute)
		r.wantDone(1)
		r.provider.mu.Lock()
		bad = false
		r.provider.mu.Unlock()
		r.replay(r.deadLetters()[0], false)
		r.untilDone(time.Minute)
		if lost, told := r.oracle.lost(), r.provider.count(); lost > 0 || told != 2 {
			t.Errorf("%d lost, %d told", lost, told)
		}
	})
}

// Two relays may publish one appointment's events in the wrong order. What is read
// together is told apart by revision, also where the newer one asks for nothing.
func TestACancellationThatCameTooSoonWithdrawsWhatIsReadWithIt(t *testing.T) {
	inRig(t, rigConfig{concurrency: 8}, func(r *rig) {
		r.startReady()
		at := tomorrow()
		var all []*kgo.Record
		for revision := 2; revision > 0; revision-- {
			for i := range 20 {
				e := r.event(0, fmt.Sprintf("a-%d", i), at, revised(revision))
				if revision == 2 {
					e = r.event(0, fmt.Sprintf("a-%d", i), at, revised(revision), with("status", "cancelled"), with("notify", map[string]any{}))
				}
				all = append(all, e)
			}
		}
		r.write(all...)
		r.untilDone(time.Minute)
		if told, withdrawn := r.provider.sends(), r.outcome(domain.StatusSkipped, domain.SkipSuperseded); told > 0 || withdrawn != 20 {
			t.Errorf("%d bookings were told after their cancellation, %d of 20 superseded", told, withdrawn)
		}
	})
}
