package index_test

import (
	"cmp"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
)

func resolved(n, count int, status envelope.ResolutionStatus) *kgo.Record {
	key, value, err := envelope.EncodeResolution(envelope.Resolution{ID: id(n), Status: status, ReplayCount: count, At: start})
	if err != nil {
		panic(err)
	}
	return &kgo.Record{Topic: topics.Resolutions, Key: key, Value: value}
}

// TestAFullIndexHoldsTheOldest reads dead letters in any order, as partitions
// come, and wants those held that retention takes first.
func TestAFullIndexHoldsTheOldest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 12).Draw(t, "limit")
		x := index.New(limit)
		letters := rapid.IntRange(0, 40).Draw(t, "letters")
		type one struct {
			n       int
			written time.Duration
		}
		var open []one
		var records []*kgo.Record
		for n := range letters {
			final := rapid.Bool().Draw(t, "final")
			if final {
				x.AddResolution(resolved(n, 1, envelope.ResolutionSent))
			}
			record := dead(n)
			at := time.Duration(rapid.IntRange(0, 50).Draw(t, "written")) * time.Hour
			record.Timestamp, record.Offset = start.Add(at), int64(n)
			if records = append(records, record); !final {
				open = append(open, one{n, at})
			}
		}
		for _, record := range rapid.Permutation(records).Draw(t, "order") {
			x.AddDeadLetter(record)
		}
		slices.SortFunc(open, func(a, b one) int { return cmp.Or(cmp.Compare(a.written, b.written), cmp.Compare(a.n, b.n)) })
		held := make(map[string]index.Status)
		for _, o := range open[:min(limit, len(open))] {
			held[id(o.n)] = index.StatusOpen
		}
		got := statuses(x)
		for id, status := range got {
			if status.Final() {
				delete(got, id)
			}
		}
		stats := x.Stats(index.Filter{})
		if !reflect.DeepEqual(got, held) || stats.LeftOut != int64(max(0, len(open)-limit)) || stats.Depth() != len(open) {
			t.Fatalf("held %v, want %v; left out %d, depth %d of %d", got, held, stats.LeftOut, stats.Depth(), len(open))
		}
		emails := index.Filter{Channels: []string{string(domain.Email)}}
		if mails := x.LeftOut(emails); mails > stats.LeftOut || x.Stats(emails).LeftOut != mails {
			t.Fatalf("%d e-mails of %d were left out", mails, stats.LeftOut)
		}
	})
}

func TestWhatWasLeftOutIsReadAgainOnceThereIsRoom(t *testing.T) {
	x := index.New(6)
	for n := range 10 {
		record := dead(n)
		record.Offset = int64(n)
		x.AddDeadLetter(record)
	}
	for n := range 6 {
		if x.Roomy() != (n >= 3) { // From then on there is room for half an index.
			t.Errorf("after %d were repaired, roomy is %t", n, x.Roomy())
		}
		x.AddResolution(resolved(n, 1, envelope.ResolutionSent))
	}
	if s := x.Stats(index.Filter{}); s.Depth() != 4 {
		t.Errorf("with four left out the depth is %d", s.Depth())
	}
}

func TestACopyOfAnEarlierRoundChangesNothing(t *testing.T) {
	r := newRig(t)
	r.produce(again(5, 2), dead(5))
	r.resolve(envelope.Resolution{ID: id(5), Status: envelope.ResolutionFailed, ReplayCount: 1})
	items := r.load(10).Select(index.Filter{})
	if len(items) != 1 || items[0].ReplayCount != 2 || items[0].Copies != 2 || items[0].Status != index.StatusOpen {
		t.Errorf("%+v", items)
	}
}

func TestABrokenDeadLetterIsNotTakenForTheOneWhoseIDItBears(t *testing.T) {
	r := newRig(t)
	broken := dead(1)
	broken.Headers = append(broken.Headers, kgo.RecordHeader{Key: "dlq-attempts", Value: []byte("many")})
	r.produce(dead(1), broken, &kgo.Record{Topic: dlq, Partition: 1}, &kgo.Record{Topic: dlq, Partition: 2})
	r.resolve(envelope.Resolution{ID: id(1), Status: envelope.ResolutionDiscarded})
	got := statuses(r.load(10))
	if len(got) != 4 || got[id(1)] != index.StatusDiscarded {
		t.Errorf("%v", got)
	}
	delete(got, id(1))
	for id, status := range got {
		if status != index.StatusOpen {
			t.Errorf("%s is %s", id, status)
		}
	}
}
