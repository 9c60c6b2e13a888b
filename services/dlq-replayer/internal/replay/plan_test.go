package replay_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

// indexed returns an index of dead letters that stand in different places.
func indexed(t *testing.T) *index.Index {
	t.Helper()
	x := index.New(100)
	add := func(offset int64, d ports.DeadLetter) {
		record := envelope.Record("dlq", d, "workers")
		record.Partition, record.Offset = 0, offset
		x.AddDeadLetter(record)
	}
	resolve := func(n int, status envelope.ResolutionStatus, count int) {
		key, value, err := envelope.EncodeResolution(envelope.Resolution{ID: replaytest.ID(n), Status: status, ReplayCount: count})
		if err != nil {
			t.Fatal(err)
		}
		x.AddResolution(&kgo.Record{Topic: topics.Resolutions, Key: key, Value: value})
	}
	for n := range 6 {
		add(int64(n), replaytest.Letter(n, domain.SMS, domain.ClassRecipientRejected))
	}
	parked := replaytest.Letter(6, domain.SMS, domain.ClassRecipientRejected)
	parked.Record.Replay = &ports.Replay{DeadLetterID: replaytest.ID(6), Count: index.MaxReplays, Origin: parked.Record.Origin()}
	add(6, parked)
	large := replaytest.Letter(7, domain.SMS, domain.ClassRecipientRejected)
	large.Record.Value = make([]byte, 50_000)
	add(7, large)
	add(99, replaytest.Letter(8, domain.SMS, domain.ClassRecipientRejected)) // Newer than the plan.
	x.AddDeadLetter(&kgo.Record{Topic: "dlq", Offset: 9})
	cut := envelope.Record("dlq", replaytest.Letter(10, domain.SMS, domain.ClassRecipientRejected), "workers")
	cut.Partition, cut.Offset = 0, 10
	cut.Headers = append(cut.Headers, kgo.RecordHeader{Key: envelope.HeaderTruncated, Value: []byte("2000000")})
	x.AddDeadLetter(cut)
	resolve(2, envelope.ResolutionSent, 1)
	resolve(3, envelope.ResolutionDiscarded, 0)
	resolve(4, envelope.ResolutionReplayed, 0)
	return x
}

func TestAPlanSaysWhatIsLeftAndWhy(t *testing.T) {
	x := indexed(t)
	for name, c := range map[string]struct {
		order replay.Order
		want  []int
		left  map[string]int
	}{
		"all that is open": {replay.Order{}, []int{0, 1, 5}, map[string]int{
			"sent": 1, "discarded": 1, "replaying": 1, "parked": 1, replay.LeftTooLarge: 1, "foreign": 1, "truncated": 1,
		}},
		"the oldest first": {replay.Order{Limit: 2, Filter: index.Filter{Codes: []string{"provider.400"}}}, []int{0, 1}, map[string]int{
			"sent": 1, "discarded": 1, "replaying": 1, "parked": 1, replay.LeftTooLarge: 1, replay.LeftLimit: 1, "truncated": 1,
		}},
		"a parked one by its name": {replay.Order{Filter: index.Filter{IDs: []string{replaytest.ID(6)}}}, []int{6}, map[string]int{}},
		"what was sent, never": {replay.Order{Filter: index.Filter{Statuses: index.Statuses()}}, []int{0, 1, 3, 4, 5, 6}, map[string]int{
			"sent": 1, replay.LeftTooLarge: 1, "foreign": 1, "truncated": 1,
		}},
	} {
		plan := c.order.Plan(x, map[int32]int64{0: 50}, 40_000)
		var got []int
		for _, item := range plan.Items {
			got = append(got, int(item.Offset))
		}
		if !reflect.DeepEqual(got, c.want) || !reflect.DeepEqual(plan.Left, c.left) {
			t.Errorf("%s: %v left %v, want %v left %v", name, got, plan.Left, c.want, c.left)
		}
	}
}

// twins returns an index of n open dead letters, the newer the lower their
// offset, and a beginning that some of their ids share.
func twins(t *testing.T, n int) (x *index.Index, shared string) {
	t.Helper()
	x = index.New(n)
	beginnings := make(map[string]int)
	for i := range n {
		record := envelope.Record("dlq", replaytest.Letter(n-i, domain.SMS, domain.ClassRecipientRejected), "workers")
		record.Partition, record.Offset = 0, int64(i)
		x.AddDeadLetter(record)
		beginnings[replaytest.ID(n - i)[:1]]++
	}
	for begin, count := range beginnings {
		if count > 1 {
			return x, begin
		}
	}
	t.Fatal("all ids begin differently")
	return nil, ""
}

func TestReplayAndDiscardTakeTheOldestUpToTheLimit(t *testing.T) {
	x, _ := twins(t, 40)
	bounds := map[int32]int64{0: 40}
	o := replay.Order{Limit: 3}
	for name, p := range map[string]replay.Plan{"replay": o.Plan(x, bounds, 1<<20), "discard": o.PlanDiscard(x, bounds)} {
		var got []int64
		for _, item := range p.Items {
			got = append(got, item.Offset)
		}
		if !reflect.DeepEqual(got, []int64{39, 38, 37}) || !reflect.DeepEqual(p.Left, map[string]int{replay.LeftLimit: 37}) || p.Matched() != 40 {
			t.Errorf("%s: %v, left %v", name, got, p.Left)
		}
	}
}

func TestANameStandsForExactlyOneDeadLetter(t *testing.T) {
	x, shared := twins(t, 40)
	bounds := map[int32]int64{0: 40}
	named := func(ids ...string) replay.Order { return replay.Order{Filter: index.Filter{IDs: ids}} }
	for _, o := range []replay.Order{named(shared), named(replaytest.ID(7), shared), named("nothing like it")} {
		for name, p := range map[string]replay.Plan{"replay": o.Plan(x, bounds, 1<<20), "discard": o.PlanDiscard(x, bounds)} {
			var fault *index.NameError
			if err := o.Check(p); !errors.As(err, &fault) || len(p.Items) >= len(o.Filter.IDs) {
				t.Errorf("%s of %v: %v, %d items", name, o.Filter.IDs, err, len(p.Items))
				continue
			}
			for _, id := range x.Named(shared)[:fault.Count] {
				if !strings.Contains(fault.Error(), id) {
					t.Errorf("the candidate %s is not named: %v", id, fault)
				}
			}
		}
	}
	o := named(replaytest.ID(7)[:31], replaytest.ID(9))
	p := o.PlanDiscard(x, bounds)
	if err := o.Check(p); err != nil || len(p.Items) != 2 || fmt.Sprint(p.Order.Filter.IDs) != fmt.Sprint([]string{replaytest.ID(7), replaytest.ID(9)}) {
		t.Errorf("%v, %d items, ids %v", err, len(p.Items), p.Order.Filter.IDs)
	}
}
