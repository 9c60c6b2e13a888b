package engine

import (
	"fmt"
	"testing"
	"time"
)

// The group never splits a lane. If it did, neither half would be worked on:
// the other one's owner may be sending the same notification.
func TestHalfALaneWaitsForTheOtherHalf(t *testing.T) {
	for _, half := range []string{rigReplay, rigSource} {
		inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
			w := r.startReady()
			r.backlog(10)
			r.untilDone(time.Minute)
			both := map[string][]int32{rigSource: {0}, rigReplay: {0}}
			w.consumer.member.revoked(r.t.Context(), w.consumer.client, both)
			w.consumer.member.assigned(r.t.Context(), w.consumer.client, map[string][]int32{half: {0}})
			sent := r.provider.sends()
			for i := range 10 {
				r.publish(0, fmt.Sprintf("b-%d", i), tomorrow())
			}
			tick(time.Minute)
			if n := r.provider.sends(); n != sent || w.consumer.Ready() == nil {
				t.Errorf("with its %s only a lane made %d calls; ready: %v", half, n-sent, w.consumer.Ready())
			}
			_ = w.stop() // its client never knew: somebody else reads what was given up
			r.start()
			r.untilDone(time.Minute)
			r.wantDone(20)
		})
	}
}
