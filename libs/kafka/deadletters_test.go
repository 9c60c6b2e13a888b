package kafka

import (
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/portstest"
)

func TestTheDeadLetterTopicKeepsItsContract(t *testing.T) {
	portstest.TestDeadLetters(t, func(t *testing.T) portstest.DeadLettersHarness {
		cluster, opts := broker(t, rigDLQ)
		opts = append(opts, kgo.MetadataMinAge(50*time.Millisecond)) // how soon a refused write is tried again
		brk, mend := refuseWrites(cluster, rigDLQ)
		return portstest.DeadLettersHarness{
			DeadLetters: &DeadLetters{Producer: producer(t, opts), Topic: rigDLQ, Group: rigGroup, Observer: ports.NoObserver{}, Enabled: true},
			Break:       brk, Mend: mend,
			Stored: func() (stored []portstest.StoredDeadLetter) {
				for _, rec := range readAll(t, opts, rigDLQ) {
					stored = append(stored, storedDeadLetter(t, rec))
				}
				return stored
			},
		}
	})
}

// refuseWrites returns what makes the broker refuse writes to topic with a
// retriable error, and what ends that.
func refuseWrites(cluster *kfake.Cluster, topic string) (brk, mend func()) {
	var mu sync.Mutex
	var handle *kfake.FaultHandle
	brk = func() {
		mu.Lock()
		defer mu.Unlock()
		handle = cluster.Fault(kfake.Fault{
			Keys: []kmsg.Key{kmsg.Produce}, Topic: topic, Err: kerr.NotEnoughReplicas, Count: -1,
		})
	}
	mend = func() {
		mu.Lock()
		defer mu.Unlock()
		handle.Remove()
	}
	return brk, mend
}

func storedDeadLetter(t *testing.T, rec *kgo.Record) portstest.StoredDeadLetter {
	t.Helper()
	e, err := envelope.Decode(envelope.FromKafka(rec.Headers))
	if err != nil {
		t.Fatal(err)
	}
	return portstest.StoredDeadLetter{ID: e.ID, Count: e.ReplayCount, DeadLetter: ports.DeadLetter{
		Record: &ports.Record{
			Topic: e.Origin.Topic, Partition: e.Origin.Partition, Offset: e.Origin.Offset, Timestamp: e.Origin.Timestamp,
			Key: rec.Key, Value: rec.Value, Headers: e.Headers,
		},
		Channel: e.Channel, Failure: &domain.Failure{Class: e.Class, Code: e.Code, Detail: e.Message},
		Attempts: e.Attempts, FirstFailedAt: e.FirstFailedAt, FailedAt: e.FailedAt,
	}}
}

// readAll reads a topic from its start to its present end.
func readAll(t *testing.T, opts []kgo.Opt, topic string) (all []*kgo.Record) {
	t.Helper()
	client, err := kgo.NewClient(append(opts[:len(opts):len(opts)], kgo.ConsumeTopics(topic))...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ends, err := kadm.NewClient(client).ListEndOffsets(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	var total int64
	ends.Each(func(o kadm.ListedOffset) { total += o.Offset })
	for int64(len(all)) < total {
		all = append(all, client.PollFetches(t.Context()).Records()...)
	}
	return all
}
