package lag

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/zap"
)

const group, topic, other = "notifications-email-worker", "appointments.created", "appointments.created.replay.email"

type rig struct {
	*testing.T
	addrs  []string
	client *kgo.Client
	admin  *kadm.Client
	now    time.Time
}

func newRig(t *testing.T) *rig {
	t.Helper()
	kafka, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, topic, other))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kafka.Close)
	r := &rig{T: t, addrs: kafka.ListenAddrs(), now: time.Now().Truncate(time.Millisecond)}
	r.client = r.connect()
	r.admin = kadm.NewClient(r.client)
	return r
}

func (r *rig) connect(more ...kgo.Opt) *kgo.Client {
	r.Helper()
	client, err := kgo.NewClient(append(more, kgo.SeedBrokers(r.addrs...), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(client.Close)
	return client
}

// publish writes records that are so old.
func (r *rig) publish(client *kgo.Client, topic string, partition int32, ages ...time.Duration) {
	r.Helper()
	for _, age := range ages {
		record := &kgo.Record{Topic: topic, Partition: partition, Value: []byte("{}"), Timestamp: r.now.Add(-age)}
		if err := client.ProduceSync(r.Context(), record).FirstErr(); err != nil {
			r.Fatal(err)
		}
	}
}

func (r *rig) commit(topic string, partition int32, at int64) {
	r.Helper()
	var offsets kadm.Offsets
	offsets.AddOffset(topic, partition, at, -1)
	if err := r.admin.CommitAllOffsets(r.Context(), group, offsets); err != nil {
		r.Fatal(err)
	}
}

// expect compares what is measured on the two partitions of a topic.
func (r *rig) expect(what, on string, want ...Lag) {
	r.Helper()
	got, err := measure(r.Context(), r.client, group, r.now, topic, other)
	if is := []Lag{got[place{on, 0}], got[place{on, 1}]}; err != nil || !slices.Equal(is, want) {
		r.Errorf("%s: %+v (%v), want %+v", what, is, err, want)
	}
}

func TestTheLagIsWhatHasNoCommittedOutcome(t *testing.T) {
	r := newRig(t)
	r.expect("an empty topic", topic, Lag{}, Lag{})
	r.publish(r.client, topic, 0, time.Hour, 30*time.Minute, time.Minute)
	r.publish(r.client, topic, 1, 2*time.Minute)
	second := Lag{Records: 1, Oldest: 2 * time.Minute}
	r.expect("a group that has never committed", topic, Lag{Records: 3, Oldest: time.Hour}, second)
	r.commit(topic, 0, 1)
	r.expect("one outcome", topic, Lag{Records: 2, Oldest: 30 * time.Minute, Committed: 1}, second)
	r.commit(topic, 0, 3)
	r.expect("a partition without a commit", topic, Lag{Committed: 3}, second)
	r.commit(topic, 1, 1)
	r.expect("all outcomes", topic, Lag{Committed: 3}, Lag{Committed: 1})
	r.publish(r.client, topic, 1, -time.Hour, 0)
	r.expect("a time in the future", topic, Lag{Committed: 3}, Lag{Records: 2, Committed: 1})
}

func TestWhatIsDeletedIsNoLag(t *testing.T) {
	r := newRig(t)
	r.publish(r.client, topic, 0, time.Hour, 30*time.Minute, time.Minute)
	r.commit(topic, 0, 0)
	var gone kadm.Offsets
	gone.AddOffset(topic, 0, 2, -1)
	if _, err := r.admin.DeleteRecords(r.Context(), gone); err != nil {
		t.Fatal(err)
	}
	r.expect("two of three are deleted", topic, Lag{Records: 1, Oldest: time.Minute}, Lag{})
}

// A replay ends with the mark of its transaction. No group commits past it, and
// an alert on it would never end.
func TestTheMarkOfATransactionIsNoLag(t *testing.T) {
	r := newRig(t)
	replayer := r.connect(kgo.TransactionalID("dlq-replayer"))
	replay := func(how kgo.TransactionEndTry) {
		t.Helper()
		if err := replayer.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		r.publish(replayer, other, 0, time.Minute)
		if err := replayer.EndTransaction(t.Context(), how); err != nil {
			t.Fatal(err)
		}
	}
	replay(kgo.TryCommit)
	r.expect("a replay", other, Lag{Records: 2, Oldest: time.Minute}, Lag{})
	r.commit(other, 0, 1)
	r.expect("its outcome", other, Lag{Committed: 1}, Lag{})
	replay(kgo.TryAbort)
	r.expect("a replay that was given up", other, Lag{Committed: 1}, Lag{})
}

func TestTheMetricsAreThoseOfTheLastAnswer(t *testing.T) {
	r := newRig(t)
	m := NewMeter(Config{Channel: "email", Group: group, Topics: []string{topic}}, r.client, zap.NewNop())
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(m)
	shown := func() map[string]float64 {
		t.Helper()
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		values := map[string]float64{}
		for _, f := range families {
			for _, metric := range f.GetMetric() {
				series := f.GetName()
				for _, label := range metric.GetLabel() {
					series += " " + label.GetValue()
				}
				values[series] = metric.GetGauge().GetValue()
			}
		}
		return values
	}
	if got := shown(); len(got) != 0 {
		t.Errorf("before the first answer: %v", got)
	}
	r.publish(r.client, topic, 0, time.Hour, time.Hour)
	r.commit(topic, 0, 1)
	m.measure(t.Context())
	answer := shown()
	const series = " email " + group + " 0 " + topic
	seconds := answer["notifications_lag_seconds"+series]
	if len(answer) != 6 || answer["notifications_lag_records"+series] != 1 ||
		answer["notifications_committed_offset"+series] != 1 || seconds < 3600 || seconds > 3700 {
		t.Errorf("after the first answer: %v", answer)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	m.measure(gone)
	if got := shown(); !maps.Equal(got, answer) {
		t.Errorf("after one question without an answer: %v", got)
	}
	m.at = m.at.Add(-2 * stale)
	if got := shown(); len(got) != 0 {
		t.Errorf("when the last answer is long ago: %v", got)
	}
}
