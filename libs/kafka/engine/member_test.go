package engine

import (
	"bytes"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkatest"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/ledgerlog"
)

// whole is lane 0 as the client names it.
func whole() map[string][]int32 { return map[string][]int32{rigSource: {0}, rigReplay: {0}} }

// sending starts a worker on four records and returns when all of them are under
// way. They end between two of the regular commits.
func (r *rig) sending() *worker {
	r.t.Helper()
	r.provider.latency = func() time.Duration { return 3010 * time.Millisecond }
	w := r.startReady()
	r.backlog(4)
	r.until(time.Minute, "four sends", func() bool { return w.slots.Sending() == 4 })
	return w
}

// takenOver lets another worker finish what w has given up.
func (r *rig) takenOver(w *worker) {
	r.t.Helper()
	_ = w.stop()
	r.start()
	r.untilDone(2 * time.Hour)
	r.wantDone(4)
}

// Records that are sent while a partition is given up are finished: the next owner
// reads on behind them.
func TestARevokeWaitsForItsSendsAndCommitsThem(t *testing.T) {
	inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
		w := r.sending()
		begin := time.Now()
		w.consumer.member.revoked(r.t.Context(), w.consumer.client, whole())
		if took := time.Since(begin); took > 4*time.Second {
			t.Errorf("the revoke took %s, the sends 3 s", took)
		}
		if sent, lag := r.provider.count(), r.lag(); sent != 4 || lag != 0 {
			t.Errorf("after the revoke %d of 4 are sent and %d not committed", sent, lag)
		}
		r.takenOver(w)
	})
}

// A lost partition has another owner by now, which may be further on: a commit could
// only set that owner back.
func TestALostPartitionIsDroppedWithoutACommit(t *testing.T) {
	inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
		w := r.sending()
		for w.consumer.Lanes()[0].Queued > 0 {
			tick(time.Millisecond)
		}
		commits := r.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetCommit}, Count: -1, Observe: true})
		begin := time.Now()
		w.consumer.member.lost(r.t.Context(), w.consumer.client, whole())
		if took := time.Since(begin); took > 0 || len(w.consumer.Lanes()) > 0 {
			t.Errorf("it took %s to drop what is lost, %d lanes are left", took, len(w.consumer.Lanes()))
		}
		tick(10 * time.Second)
		if n := commits.Hits(); n > 0 {
			t.Errorf("%d commits of a partition that was lost", n)
		}
		r.takenOver(w)
	})
}

// fences counts how often a ledger was taken over.
func (r *rig) fences() (n int) {
	r.t.Helper()
	for _, rec := range kafkatest.ReadAll(r.t, r.opts, rigLedger) {
		if bytes.Contains(rec.Value, []byte("\tfence\t")) {
			n++
		}
	}
	return n
}

// A worker that finds a foreign fence may have lost its lane without knowing.
// It must not fence the new owner out before the group says that it is its own.
func TestALaneIsFencedAgainOnlyByItsOwner(t *testing.T) {
	inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
		r.startReady()
		r.backlog(4)
		r.untilDone(time.Minute)
		refused := r.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetCommit}, Err: kerr.RebalanceInProgress, Count: -1})
		foreign := foreignProducer(r.t, r.opts)
		if _, err := (&ledgerlog.Store{Topic: rigLedger, Channel: "email", Producer: foreign, Reader: r.opts}).Open(r.t.Context(), 0, func(int64, int64) {}); err != nil {
			t.Fatal(err)
		}
		_ = foreign.Close(r.t.Context())
		r.publish(0, "b-0", tomorrow())
		tick(time.Minute)
		if n := r.fences(); n != 2 || r.provider.sends() != 4 {
			t.Errorf("%d fences and %d calls, want its own, the foreign one, and no call", n, r.provider.sends())
		}
		refused.Remove()
		r.untilDone(time.Minute)
		r.wantDone(5)
		if n := r.fences(); n != 3 {
			t.Errorf("%d fences, want a third one", n)
		}
	})
}

// The lanes that stay go on without a pause, in the same epoch.
func TestARebalanceTakesOnlyTheLanesThatMove(t *testing.T) {
	crowd(t)
	inRig(t, rigConfig{partitions: 4, concurrency: 4}, func(r *rig) {
		r.startReady()
		r.backlog(8)
		r.untilDone(time.Minute)
		r.startReady()
		r.until(time.Minute, "two lanes for each", func() bool {
			return len(r.workers[0].consumer.Lanes()) == 2 && len(r.workers[1].consumer.Lanes()) == 2 &&
				r.workers[0].consumer.Ready() == nil && r.workers[1].consumer.Ready() == nil
		})
		if n := r.fences(); n != 4+2 {
			t.Errorf("%d fences, want one of each lane and one more of the two that moved", n)
		}
	})
}
