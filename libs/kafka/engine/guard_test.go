package engine

import (
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// A record that makes the poll loop panic is dead-lettered; a process that died
// of it would meet it again after each start.
func TestAPanicWhileARecordIsReadDeadLettersIt(t *testing.T) {
	inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
		w := r.startReady()
		w.observer.onAlert = func(code string) {
			if code == "record.key" {
				panic("while it is read")
			}
		}
		rec := r.event(0, "a-wrong-key", tomorrow())
		rec.Key = []byte("another")
		r.write(rec)
		r.backlog(10)
		r.untilDone(time.Minute)
		r.wantDone(10)
		if dead := r.classes(); dead[domain.ClassInvalidEvent] != 1 || len(dead) != 1 {
			t.Errorf("dead letters: %v", dead)
		}
	})
}

// The steps after an outcome fail in one lane: that lane waits and tries again,
// the others go on, and nothing is sent twice.
func TestAPanicAfterTheOutcomeHoldsUpItsLaneOnly(t *testing.T) {
	inRig(t, rigConfig{partitions: 2, concurrency: 4}, func(r *rig) {
		w := r.startReady()
		shift := func(by uint64) { // lets the tracker look where nothing is
			l := w.consumer.lanes.get(0)
			l.mu.Lock()
			defer l.mu.Unlock()
			l.halves[rigSource].tracker.base += by
		}
		r.publish(0, "a-0", tomorrow())
		r.until(time.Minute, "a send", func() bool { return w.slots.Sending() == 1 })
		shift(1 << 20)
		r.publish(1, "a-1", tomorrow())
		r.until(time.Minute, "the other lane sends", func() bool { return r.provider.count() == 2 })
		tick(10 * time.Second)
		if lag := r.lag(); lag != 1 {
			t.Errorf("%d are not committed, want the one that could not be counted", lag)
		}
		shift(^uint64(1<<20 - 1))
		r.untilDone(time.Minute)
		r.wantDone(2)
		if n := r.provider.sends(); n != 2 {
			t.Errorf("%d calls", n)
		}
	})
}
