package durable

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkatest"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

func TestADeadLetterThatItsTopicDoesNotTakeIsCutAndSaysSo(t *testing.T) {
	_, opts := kafkatest.Broker(t, 1, dlqTopic)
	client, err := kgo.NewClient(opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	small := kadm.AlterConfig{Op: kadm.SetConfig, Name: "max.message.bytes", Value: kadm.StringPtr("100000")}
	if _, err := kadm.NewClient(client).AlterTopicConfigs(t.Context(), []kadm.AlterConfig{small}, dlqTopic); err != nil {
		t.Fatal(err)
	}
	value := make([]byte, 200_000)
	_, _ = rand.Read(value) // Compression makes it no smaller.
	d := &DeadLetters{Producer: producer(t, opts), Topic: dlqTopic, Group: "notifications-email-worker", Observer: ports.NoObserver{}, Enabled: true}
	at := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := d.Publish(ctx, ports.DeadLetter{
		Record:  &ports.Record{Topic: "appointments.created", Offset: 7, Timestamp: at, Key: []byte("a-1"), Value: value},
		Channel: domain.Email, Failure: &domain.Failure{Class: domain.ClassInvalidEvent, Code: "event.size"}, FirstFailedAt: at, FailedAt: at,
	}); err != nil {
		t.Fatal(err)
	}
	stored := kafkatest.ReadAll(t, opts, dlqTopic)
	e, err := envelope.Decode(envelope.FromKafka(stored[0].Headers))
	if err != nil || e.TruncatedFrom != 200_000 || string(stored[0].Value) != string(value[:truncatedBytes]) || len(e.Headers) != 0 {
		t.Errorf("%d bytes, cut from %d, own headers %v (%v)", len(stored[0].Value), e.TruncatedFrom, e.Headers, err)
	}
}
