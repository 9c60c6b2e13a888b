package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// sentOn returns how many events of each lane were accepted.
func (r *rig) sentOn() map[int32]int {
	r.oracle.mu.Lock()
	defer r.oracle.mu.Unlock()
	r.provider.mu.Lock()
	defer r.provider.mu.Unlock()
	sent := map[int32]int{}
	for _, e := range r.oracle.records {
		if len(r.provider.byKey[e.key]) > 0 {
			sent[e.origin.partition]++
		}
	}
	return sent
}

// trickle publishes on every lane, evenly, for a while. It returns how many it
// published on each.
func (r *rig) trickle(from int, d time.Duration) int {
	const each = 10
	n := 0
	for end := time.Now().Add(d); time.Now().Before(end); tick(100 * time.Millisecond) {
		var recs []*kgo.Record
		for range each {
			for p := range r.cfg.partitions {
				recs = append(recs, r.event(p, fmt.Sprintf("a-%d-%d", p, from+n), tomorrow()))
			}
			n++
		}
		r.write(recs...)
	}
	return n
}

// Claims without an acknowledgement held the start slots of the whole worker, and no
// alarm came while any other partition was acknowledged.
func TestAStalledLedgerPartitionStopsItsLaneAndNoOther(t *testing.T) {
	inRig(t, rigConfig{partitions: 6, concurrency: 8}, func(r *rig) {
		r.provider.latency = func() time.Duration { return 12 * time.Millisecond } // room for 660 in a second, of which 600 come
		w := r.startReady()
		r.trickle(0, 5*time.Second)
		tick(time.Second)
		before := r.sentOn()
		stall := r.cluster.Fault(kfake.Fault{
			Keys: []kmsg.Key{kmsg.Produce}, Topic: rigLedger, Partitions: []int32{0}, Err: kerr.NotEnoughReplicas, Count: -1,
		})
		published := r.trickle(before[1], 20*time.Second)
		tick(500 * time.Millisecond)
		after := r.sentOn()
		for p := int32(1); p < r.cfg.partitions; p++ {
			if sent := after[p] - before[p]; sent != published {
				t.Errorf("lane %d sent %d of %d while the ledger of lane 0 had stalled", p, sent, published)
			}
		}
		if n := after[0] - before[0]; n > 0 {
			t.Errorf("%d were sent on the strength of claims that were not acknowledged", n)
		}
		if err := w.consumer.Ready(); err == nil || !strings.Contains(err.Error(), rigLedger+"/0 ") {
			t.Errorf("ready: %v, want the partition that has stalled", err)
		}
		if err := w.consumer.Live(); err != nil {
			t.Errorf("not live: %v", err)
		}
		if late := w.producer.Overdue(); len(late) != 1 || late[0].Partition != 0 || late[0].Waiting > 3*8 {
			t.Errorf("%+v wait for their acknowledgement, want partition 0 with no more than the claims of all start slots and the outcomes of all sends", late)
		}
		stall.Remove()
		r.untilDone(time.Hour)
		r.wantDone(int(r.cfg.partitions) * (before[1] + published))
	})
}
