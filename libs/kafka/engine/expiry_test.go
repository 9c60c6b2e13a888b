package engine

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// deleted deletes what stands below an offset of partition 0, as retention does.
func (r *rig) deleted(topic string, below int64) {
	r.t.Helper()
	offsets := kadm.Offsets{}
	offsets.AddOffset(topic, 0, below, -1)
	all, err := r.admin.DeleteRecords(r.t.Context(), offsets)
	if err != nil {
		r.t.Fatal(err)
	}
	if done, _ := all.Lookup(topic, 0); done.Err != nil || done.LowWatermark != below {
		r.t.Fatalf("the log of %s starts at %d: %v", topic, done.LowWatermark, done.Err)
	}
}

// alerted returns how often the workers have raised an alert.
func (r *rig) alerted(code string) (n int) {
	for _, w := range r.workers {
		w.observer.mu.Lock()
		for _, raised := range w.observer.alerts {
			if raised == code {
				n++
			}
		}
		w.observer.mu.Unlock()
	}
	return n
}

// wantExpired checks how many events the workers have said to be gone.
func (r *rig) wantExpired(n int) {
	r.t.Helper()
	if got := r.alerted(ports.AlertExpired); got != n {
		r.t.Errorf("%d events were said to be gone, want %d", got, n)
	}
}

// settle gives a worker the time to look at the log twice.
func (r *rig) settle() { tick(2 * expiryInterval) }

func TestEventsThatWereDeletedUnreadAreCountedOnce(t *testing.T) {
	for name, after := range map[string]int{"others follow": 5, "nothing is left": 0} {
		t.Run(name, func(t *testing.T) {
			inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
				r.publish(0, "read", tomorrow())
				w := r.startReady()
				r.untilDone(time.Minute)
				_ = w.stop()
				r.unheard(12)
				r.deleted(rigSource, 13)
				if after > 0 {
					r.backlog(after)
				}
				for range 3 { // each owner would find it again
					w := r.startReady()
					r.settle()
					r.untilDone(time.Minute)
					r.wantExpired(12)
					_ = w.stop()
				}
				r.wantDone(1 + after)
				if at := r.commits()[0].At; at != int64(13+after) {
					t.Errorf("the commit is at %d, want %d", at, 13+after)
				}
			})
		})
	}
}

// A group that has only just been given its start has missed what goes then.
func TestEventsThatWereDeletedBeforeTheFirstReadAreCounted(t *testing.T) {
	inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
		w := r.start()
		tick(time.Minute)
		_ = w.stop() // committed: 0
		r.unheard(7)
		r.deleted(rigSource, 7)
		r.startReady()
		r.settle()
		r.wantExpired(7)
	})
}

// A worker that could not reach the broker is behind the log's start when it can.
func TestEventsThatWereDeletedWhileNobodyCouldReadAreCounted(t *testing.T) {
	for _, after := range []int{5, 0} {
		inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
			r.publish(0, "read", tomorrow())
			w := r.startReady()
			r.untilDone(time.Minute)
			w.group.Stall()
			tick(time.Second) // no fetch waits at the broker any more
			r.unheard(12)
			r.deleted(rigSource, 13)
			if after > 0 {
				r.backlog(after)
			}
			tick(rigSession / 2)
			w.group.Mend()
			r.settle()
			r.untilDone(time.Minute)
			r.wantExpired(12)
			r.wantDone(1 + after)
		})
	}
}

// Replays that were deleted unread count like events.
func TestReplaysThatWereDeletedUnreadAreCounted(t *testing.T) {
	inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
		w := r.startReady()
		_ = w.stop()
		for range 3 {
			if err := r.client.ProduceSync(r.t.Context(), &kgo.Record{Topic: rigReplay, Value: []byte("{}")}).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
		r.deleted(rigReplay, 3)
		r.startReady()
		r.settle()
		r.wantExpired(3)
	})
}

// A record that was read and is deleted while it waits is not lost, and neither are the
// records from before a new group's start.
func TestDeletionOfWhatIsReadOrBeforeTheGroupIsNoAlarm(t *testing.T) {
	inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
		r.unheard(3)
		r.deleted(rigSource, 3)
		r.provider.down(true)
		w := r.startReady()
		r.backlog(5)
		r.queued(w, 5)
		r.deleted(rigSource, 8)
		r.settle()
		r.provider.down(false)
		r.untilDone(time.Hour)
		r.wantDone(5)
		r.wantExpired(0)
	})
}
