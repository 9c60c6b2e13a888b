package engine

import (
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// unheard writes n events that no worker has to handle.
func (r *rig) unheard(n int) {
	r.t.Helper()
	for i := range n {
		rec := r.event(int32(i)%r.cfg.partitions, fmt.Sprintf("before-%d", i), tomorrow())
		r.oracle.mu.Lock()
		r.oracle.next[place{topic: rec.Topic, partition: rec.Partition}]++
		r.oracle.mu.Unlock()
		if err := r.client.ProduceSync(r.t.Context(), rec).FirstErr(); err != nil {
			r.t.Fatal(err)
		}
	}
}

// queued waits until the worker holds n records.
func (r *rig) queued(w *worker, n int) {
	r.t.Helper()
	r.until(time.Minute, "the events are read", func() bool {
		held := 0
		for _, l := range w.consumer.Lanes() {
			held += l.Queued
		}
		return held == n
	})
}

// commits returns what the group has committed of the source.
func (r *rig) commits() map[int32]kadm.OffsetResponse {
	r.t.Helper()
	all, err := r.admin.FetchOffsets(r.t.Context(), rigGroup)
	if err != nil {
		r.t.Fatal(err)
	}
	return all[rigSource]
}

func TestFromLatestKeepsWhatWasReadAndNotFinished(t *testing.T) {
	inRig(t, rigConfig{partitions: 2, concurrency: 4, latest: true}, func(r *rig) {
		r.unheard(20)
		r.provider.down(true)
		w := r.startReady()
		r.backlog(50)
		r.queued(w, 50)
		w.kill()
		r.provider.down(false)
		r.start()
		r.untilDone(time.Hour)
		r.wantDone(50)
	})
}

// Events that are published while the group's first commit fails come after its start,
// and are not read before that commit.
func TestFromLatestStartsWhenItIsFirstAskedFor(t *testing.T) {
	inRig(t, rigConfig{concurrency: 4, latest: true}, func(r *rig) {
		r.unheard(20)
		refused := r.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetCommit}, Err: kerr.GroupAuthorizationFailed, Count: -1})
		w := r.start()
		tick(time.Minute)
		r.backlog(50)
		tick(time.Minute)
		if w.consumer.Ready() == nil || len(w.consumer.Lanes()) > 0 {
			t.Error("it reads before its start is committed")
		}
		refused.Remove()
		r.untilDone(time.Minute)
		r.wantDone(50)
	})
}

func TestFromLatestReadsReplaysAndNewPartitionsFromTheirStart(t *testing.T) {
	inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
		reject := true
		r.provider.script = func(ports.Notification, int) answer {
			if reject {
				return answer{failure: &domain.Failure{Class: domain.ClassRecipientRejected, Code: "fake.400"}}
			}
			return answer{}
		}
		r.publish(0, "a-0", tomorrow())
		w := r.startReady()
		r.untilDone(time.Minute)
		if err := w.stop(); err != nil {
			r.t.Fatal(err)
		}
		reject = false
		if _, err := r.admin.DeleteGroup(r.t.Context(), rigGroup); err != nil {
			r.t.Fatal(err)
		}
		r.replay(r.deadLetters()[0], false)
		r.cfg.latest = true
		w = r.startReady()
		r.untilDone(time.Minute)
		r.wantDone(1)
		if err := w.stop(); err != nil {
			r.t.Fatal(err)
		}
		if _, err := r.admin.UpdatePartitions(r.t.Context(), 2, rigSource, rigReplay, rigLedger, rigDLQ, rigOutcomes); err != nil {
			r.t.Fatal(err)
		}
		r.cfg.partitions = 2
		r.client.ForceMetadataRefresh()
		tick(time.Minute)
		r.publish(1, "a-1", tomorrow())
		r.start()
		r.untilDone(time.Minute)
		r.wantDone(2)
	})
}

// A worker that comes to a group at work must not move what others have begun to
// read, and must not guess where a group began that never committed.
func TestOnlyAnEmptyGroupIsGivenItsStart(t *testing.T) {
	inRig(t, rigConfig{partitions: 2, concurrency: 4, latest: true}, func(r *rig) {
		r.unheard(20)
		r.provider.down(true)
		w := r.startReady()
		begun := r.commits()
		r.backlog(50)
		r.queued(w, 50)
		if err := (&groupStart{cfg: w.consumer.cfg, adm: r.admin}).commit(r.t.Context()); err != nil {
			t.Error(err)
		}
		for p, at := range r.commits() {
			if at.At != begun[p].At || at.At != 10 {
				t.Errorf("partition %d was at %d and is at %d", p, begun[p].At, at.At)
			}
		}
		r.provider.down(false)
		r.untilDone(time.Hour)

		other := w.consumer.cfg
		other.Group = "members-without-commits"
		member, err := kgo.NewClient(append(r.opts, kgo.ConsumerGroup(other.Group), kgo.ConsumeTopics(rigSource, rigReplay))...)
		if err != nil {
			r.t.Fatal(err)
		}
		defer member.CloseAllowingRebalance()
		if _, err := r.cluster.WaitGroupStable(r.t.Context(), other.Group, 1); err != nil {
			r.t.Fatal(err)
		}
		if err := (&groupStart{cfg: other, adm: r.admin}).commit(r.t.Context()); err == nil {
			t.Error("a start was guessed for a group with members")
		}
		other.FromLatest = false
		if err := (&groupStart{cfg: other, adm: r.admin}).commit(r.t.Context()); err != nil {
			t.Errorf("earliest needs no commit: %v", err)
		}
	})
}
