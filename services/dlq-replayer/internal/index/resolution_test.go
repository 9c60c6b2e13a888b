package index_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
)

func TestDiscardedDeadLettersStayClosedHoweverManyThereAre(t *testing.T) {
	r := newRig(t)
	const letters, limit = 60, 5
	for n := range letters {
		r.produce(dead(n))
		r.resolve(envelope.Resolution{ID: id(n), Status: envelope.ResolutionDiscarded})
	}
	x := r.load(limit)
	for id, status := range statuses(x) {
		if status != index.StatusDiscarded {
			t.Errorf("%s is %s", id, status)
		}
	}
	if s := x.Stats(index.Filter{}); s.Depth() != 0 {
		t.Errorf("depth %d", s.Depth())
	}
}

func TestWhatIsResolvedWhileDeadLettersAreReadIsKnown(t *testing.T) {
	r := newRig(t)
	r.produce(dead(0))
	r.resolve(envelope.Resolution{ID: id(0), Status: envelope.ResolutionDiscarded})
	first := true
	x := r.reader(10, func(*kgo.Record) {
		if first { // The resolutions were read up to their end; the dead letters come next.
			first = false
			r.produce(dead(1))
			r.resolve(envelope.Resolution{ID: id(1), Status: envelope.ResolutionDiscarded})
		}
	}).Index
	if got := statuses(x); got[id(1)] != index.StatusDiscarded {
		t.Errorf("%v", got)
	}
}

func TestAResolutionIsForgottenOnlyOnceItsDeadLetterWouldHaveBeenRead(t *testing.T) {
	x := index.New(10)
	x.AddResolution(resolved(0, 0, envelope.ResolutionDiscarded))
	x.Mark()
	x.AddResolution(resolved(1, 0, envelope.ResolutionDiscarded))
	x.ForgetUnknown(time.Time{})
	if _, known := x.Resolution(id(0)); known {
		t.Error("what belongs to no dead letter is kept")
	}
	x.AddDeadLetter(dead(1))
	if got := statuses(x); got[id(1)] != index.StatusDiscarded {
		t.Errorf("the dead letter of a resolution that came first: %v", got)
	}
	x.Mark()
	x.ForgetUnknown(time.Time{})
	x.AddResolution(&kgo.Record{Topic: topics.Resolutions, Key: []byte("job/1")})
	if got := statuses(x); got[id(1)] != index.StatusDiscarded {
		t.Errorf("what is held is forgotten: %v", got)
	}
	x.AddResolution(&kgo.Record{Topic: topics.Resolutions, Key: []byte(id(1))})
	if got := statuses(x); got[id(1)] != index.StatusOpen {
		t.Errorf("behind a tombstone: %v", got)
	}
}

func TestWhatIsNeededOfADeadLetterOutlivesIt(t *testing.T) {
	x := index.New(10)
	x.Keep(func() []string { return []string{id(0)} }, false)
	for n := range 2 {
		x.AddDeadLetter(dead(n))
		x.AddResolution(resolved(n, 1, envelope.ResolutionSent))
	}
	x.Trim(map[int32]int64{dead(0).Partition: 1, dead(1).Partition: 1})
	x.Mark()
	if orphans := x.ForgetUnknown(start.Add(time.Hour)); len(orphans) != 0 {
		t.Errorf("orphans: %v", orphans)
	}
	_, needed := x.Resolution(id(0))
	if _, other := x.Resolution(id(1)); !needed || other || len(statuses(x)) != 0 {
		t.Errorf("needed %t, other %t, held %v", needed, other, statuses(x))
	}
}

func TestOnlyOldResolutionsWithoutADeadLetterAreOrphans(t *testing.T) {
	r := newRig(t)
	const day = 24 * time.Hour
	keep := kadm.AlterConfig{Op: kadm.SetConfig, Name: "retention.ms", Value: kadm.StringPtr(fmt.Sprint(day.Milliseconds()))}
	if _, err := kadm.NewClient(r.client).AlterTopicConfigs(t.Context(), []kadm.AlterConfig{keep}, dlq); err != nil {
		t.Fatal(err)
	}
	for n, at := range []time.Duration{2 * day, 2 * day, time.Hour} {
		r.resolve(envelope.Resolution{ID: id(n), Status: envelope.ResolutionDiscarded, At: time.Now().Add(-at)})
	}
	// A segment outlives its retention for as long as it has a newer record. An
	// index that has no room for the dead letter knows all the same that it is there.
	r.produce(dead(1), dead(4), dead(7))
	if got := r.reader(1, nil).TakeOrphans(); !slices.Equal(got, []string{id(0)}) {
		t.Errorf("orphans %v, want %s only", got, id(0))
	}
}

func TestALateWordThatCoversTheTruthIsNoticed(t *testing.T) {
	x := index.New(10)
	for _, r := range []*kgo.Record{
		resolved(0, 1, envelope.ResolutionSent), resolved(0, 0, envelope.ResolutionDiscarded),
		resolved(1, 1, envelope.ResolutionSent), resolved(1, 0, envelope.ResolutionDiscarded), resolved(1, 1, envelope.ResolutionSent),
		resolved(2, 0, envelope.ResolutionDiscarded),
	} {
		x.AddResolution(r)
	}
	if covered := x.Covered(); len(covered) != 1 || covered[0].ID != id(0) || covered[0].Status != envelope.ResolutionSent {
		t.Errorf("covered: %+v", covered)
	}
}
