package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/zap"
	zapobserver "go.uber.org/zap/zaptest/observer"
)

// A fetch that is refused at once is tried with growing pauses, told once, and
// takes readiness away; what can be read is read meanwhile as ever. A topic without
// a leader is one that the client by itself would say nothing of.
func TestATopicThatCannotBeReadHoldsUpNoOther(t *testing.T) {
	type pair struct{ refused, readable string }
	for topics, cause := range map[pair]*kerr.Error{
		{rigReplay, rigSource}: kerr.TopicAuthorizationFailed, {rigSource, rigReplay}: kerr.NotLeaderForPartition,
	} {
		refused, readable := topics.refused, topics.readable
		inRig(t, rigConfig{partitions: 4, concurrency: 4}, func(r *rig) {
			core, log := zapobserver.New(zap.InfoLevel)
			r.log = zap.New(core)
			w := r.startReady()
			r.rejecting("a-0")
			r.publish(0, "a-0", tomorrow())
			r.untilDone(time.Minute)
			r.provider.script = nil
			dead := r.deadLetters()[0]
			write := map[string]func(){
				rigSource: func() { r.publish(1, "a-1", tomorrow()) },
				rigReplay: func() { r.replay(dead, false) },
			}
			sent := r.provider.count()

			fault, look := r.refuseFetches(refused, cause)
			r.until(time.Minute, "not ready", func() bool { return w.consumer.Ready() != nil })
			if err := w.consumer.Ready(); !strings.Contains(err.Error(), refused) {
				r.t.Errorf("readiness does not name %s: %v", refused, err)
			}
			write[refused]()
			write[readable]()
			r.until(2*time.Second, "what can be read is sent", func() bool { return r.provider.count() == sent+1 })
			tick(5 * time.Minute)
			if w.consumer.Ready() == nil || w.consumer.Live() != nil {
				r.t.Errorf("after a while: ready %v, live %v", w.consumer.Ready(), w.consumer.Live())
			}
			if fault.Hits() > 4*30 {
				r.t.Errorf("%d fetches of what is refused in five minutes", fault.Hits())
			}
			fault.Remove()
			look.Remove()
			r.untilDone(time.Minute)
			r.until(time.Minute, "ready", func() bool { return w.consumer.Ready() == nil })
			tick(time.Second)
			if n := log.FilterField(zap.String("what", readingOf(refused))).Len(); n != 2 {
				r.t.Errorf("%d lines in the log, want one for the failure and one for its end: %v", n, log.All())
			}
			r.wantDone(sent + 2)
		})
	}
}

// refuseFetches refuses what is read of a topic to deliver it, and what is read ahead
// of that, which has its own pace.
func (r *rig) refuseFetches(topic string, cause *kerr.Error) (reading, ahead *kfake.FaultHandle) {
	isAhead := func(q kmsg.Request) bool { return q.(*kmsg.FetchRequest).SessionEpoch < 0 }
	f := kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Topic: topic, Err: cause, Count: -1, When: isAhead}
	ahead = r.cluster.Fault(f)
	// Enough for ever, and an end for a client that asks without a pause: in virtual
	// time it would let none pass.
	f.When, f.Count = func(q kmsg.Request) bool { return !isAhead(q) }, 5_000
	return r.cluster.Fault(f), ahead
}

// A leader that moves, or a broker that does not know a new topic yet, is a fault that
// passes before it needs to be reported.
func TestALeaderThatMovesTakesNoReadinessAway(t *testing.T) {
	for _, cause := range []*kerr.Error{kerr.NotLeaderForPartition, kerr.UnknownTopicID} {
		inRig(t, rigConfig{partitions: 2, concurrency: 4}, func(r *rig) {
			w := r.startReady()
			refused := r.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Topic: rigSource, Err: cause, Count: 2})
			for i := range 4 {
				r.publish(int32(i%2), fmt.Sprintf("a-%d", i), tomorrow())
			}
			for range 30 {
				tick(time.Second)
				if err := w.consumer.Ready(); err != nil {
					r.t.Fatal(err)
				}
			}
			if refused.Hits() != 2 {
				r.t.Errorf("%d fetches were refused", refused.Hits())
			}
			r.wantDone(4)
		})
	}
}

// The client never reads a topic again that was made anew, so the worker ends.
func TestATopicThatWasDeletedEndsTheWorkerOnceThatIsSure(t *testing.T) {
	inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
		w := r.startReady()
		begin := time.Now()
		r.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Topic: rigSource, Err: kerr.UnknownTopicID, Count: -1})
		select {
		case <-w.ended:
		case <-time.After(time.Minute):
			t.Error("the worker goes on")
		}
		if err := w.stop(); err == nil || !strings.Contains(err.Error(), rigSource+" was deleted") {
			t.Errorf("it ended with %v", err)
		}
		if d := time.Since(begin); d < leaderPatience || d > 2*leaderPatience {
			t.Errorf("it ended after %s", d)
		}
	})
}

// A commit that cannot be read leaves its partition out of the assignment. The
// client says so once, so readiness must remember it.
func TestAPartitionWithoutItsCommitIsRemembered(t *testing.T) {
	inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
		r.cluster.Fault(kfake.Fault{
			Keys: []kmsg.Key{kmsg.OffsetFetch}, Topic: rigReplay, Err: kerr.TopicAuthorizationFailed, Count: -1,
			When: func(req kmsg.Request) bool { return req.(*kmsg.OffsetFetchRequest).Groups[0].MemberID != nil },
		})
		w := r.start()
		for i := range 5 {
			r.publish(0, fmt.Sprintf("a-%d", i), tomorrow())
		}
		r.until(time.Minute, "the source is read", func() bool { return r.provider.count() == 5 })
		tick(10 * time.Minute)
		if err := w.consumer.Ready(); err == nil || !strings.Contains(err.Error(), rigReplay) {
			r.t.Errorf("ready: %v", err)
		}
		r.wantDone(5)
	})
}

func TestAnErrorOfNoPartitionTakesReadinessAwayForAWhile(t *testing.T) {
	inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
		c := r.startReady().consumer
		if c.reading.failed("", 0, kerr.GroupAuthorizationFailed) || c.Ready() == nil {
			r.t.Errorf("handled, or ready: %v", c.Ready())
		}
		tick(faultQuiet + time.Second)
		if err := c.Ready(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestTurnsThatBringOnlyErrorsBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		failed, last := 0, time.Now()
		pace(ctx, func() bool {
			if failed++; failed == 10 { // one turn is good
				last = time.Now()
				return true
			}
			if failed == 11 && time.Since(last) > 0 {
				t.Error("a pause after a turn that was good")
			}
			return false
		})
		if failed > 35 {
			t.Errorf("%d turns in ten minutes of errors", failed)
		}
	})
}
