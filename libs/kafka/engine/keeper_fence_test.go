package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A lane whose fence is lost while its ledger loads is fenced anew. Until then
// readiness says how far the loading is.
func TestALaneThatLostItsFenceIsFencedAnew(t *testing.T) {
	inRig(t, rigConfig{concurrency: 4}, func(r *rig) {
		unreadable := r.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Topic: rigLedger, Err: kerr.NotLeaderForPartition, Count: -1})
		w := r.start()
		loading := func() bool {
			err := w.consumer.Ready()
			return err != nil && strings.Contains(err.Error(), "lane 0 is loading its ledger: 0 of about 1 records read")
		}
		r.until(time.Minute, "loading", loading)
		if s := w.consumer.Lanes()[0]; s.Loading == nil || *s.Loading != (LoadStatus{Read: 0, Of: 1}) {
			t.Errorf("the status of a lane that loads: %+v", s)
		}
		ends, err := r.admin.ListEndOffsets(r.t.Context(), rigLedger)
		if err == nil {
			_, err = r.admin.DeleteRecords(r.t.Context(), ends.Offsets())
		}
		if err != nil {
			t.Error(err)
		}
		unreadable.Remove()
		r.until(time.Minute, "ready", func() bool { return w.consumer.Ready() == nil })
		if s := w.consumer.Lanes()[0]; s.Loading != nil {
			t.Errorf("the status of a lane that is open: %+v", s)
		}
		r.backlog(20)
		r.untilDone(time.Minute)
		r.wantDone(20)
	})
}
