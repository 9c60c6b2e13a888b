package engine

import (
	"fmt"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// tomorrow is when most appointments are.
func tomorrow() time.Time { return time.Now().Add(24 * time.Hour) }

func TestEveryEventIsSentOnceAndCommitted(t *testing.T) {
	inRig(t, rigConfig{partitions: 3, concurrency: 16}, func(r *rig) {
		for i := range 300 {
			r.publish(int32(i%3), fmt.Sprintf("a-%d", i), tomorrow())
		}
		w := r.start()
		r.untilDone(time.Minute)
		if err := w.stop(); err != nil {
			t.Fatal(err)
		}
		r.wantDone(300)
		if n := r.outcome(domain.StatusSent, ""); n != 300 {
			t.Errorf("observed %d sent", n)
		}
	})
}
