package durable

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkatest"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/portstest"
)

func TestTheDeadLetterTopicKeepsItsContract(t *testing.T) {
	portstest.TestDeadLetters(t, func(t *testing.T) portstest.DeadLettersHarness {
		cluster, opts := kafkatest.Broker(t, 1, dlqTopic)
		opts = append(opts, kgo.MetadataMinAge(50*time.Millisecond)) // how soon a refused write is tried again
		brk, mend := kafkatest.RefuseWrites(cluster, dlqTopic)
		return portstest.DeadLettersHarness{
			DeadLetters: &DeadLetters{Producer: producer(t, opts), Topic: dlqTopic, Group: "notifications-email-worker", Observer: ports.NoObserver{}, Enabled: true},
			Break:       brk, Mend: mend,
			Stored: func() (stored []portstest.StoredDeadLetter) {
				for _, rec := range kafkatest.ReadAll(t, opts, dlqTopic) {
					stored = append(stored, storedDeadLetter(t, rec))
				}
				return stored
			},
		}
	})
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
