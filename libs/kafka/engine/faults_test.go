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
// takes readiness away; what can be read is read meanwhile as ever.
func TestATopicThatCannotBeReadHoldsUpNoOther(t *testing.T) {
	for refused, readable := range map[string]string{rigReplay: rigSource, rigSource: rigReplay} {
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

			fault := r.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Topic: refused, Err: kerr.TopicAuthorizationFailed, Count: -1})
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
