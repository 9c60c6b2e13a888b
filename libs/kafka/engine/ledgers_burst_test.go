package engine

import (
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkatest"
)

// A burst of claims between two limits was refused, the lane was opened anew,
// and the same burst came again.
func TestABurstOfClaimsFitsItsLedger(t *testing.T) {
	inRig(t, rigConfig{concurrency: 256}, func(r *rig) {
		kafkatest.LimitBatches(r.t, r.opts, rigLedger, 20000)
		r.provider.latency = func() time.Duration { return 10 * time.Millisecond }
		r.backlog(1000)
		w := r.start()
		r.untilDone(time.Minute)
		r.wantDone(1000)
		if n := r.provider.sends(); n != 1000 || w.consumer.Ready() != nil {
			t.Errorf("%d calls, ready: %v", n, w.consumer.Ready())
		}
	})
}
