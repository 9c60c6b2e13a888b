package kafkatest_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/tests/kafkatest"
)

var broker *kafkatest.Broker

func TestMain(m *testing.M) { kafkatest.Main(m, &broker) }

func TestTheBrokerIsApacheKafka(t *testing.T) {
	broker.RequireReal(t)
	admin := broker.Admin(t)

	versions, err := admin.ApiVersions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := "v" + kafkatest.Version()[:strings.LastIndex(kafkatest.Version(), ".")]
	for _, v := range versions {
		if guess := v.VersionGuess(); !strings.HasPrefix(guess, want) {
			t.Errorf("the broker speaks the protocol of %s, want %s", guess, want)
		}
	}
	metadata, err := admin.BrokerMetadata(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// The image's default; the embedded broker calls its cluster by another name.
	if want := "5L6g3nShT-eMCtK--X86sw"; metadata.Cluster != want {
		t.Errorf("cluster id %q, want %q", metadata.Cluster, want)
	}
}

func TestAGroupReadsWhatATransactionCommittedAndNothingElse(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	topic := broker.Topic(t, 3)
	producer := broker.Client(t, kgo.DefaultProduceTopic(topic), kgo.TransactionalID(kafkatest.Unique(t, "tx")))

	transaction(ctx, t, producer, "dropped", kgo.TryAbort)
	transaction(ctx, t, producer, "kept", kgo.TryCommit)

	group := kafkatest.Unique(t, "group")
	consumer := broker.Client(t, kgo.ConsumeTopics(topic), kgo.ConsumerGroup(group), kgo.DisableAutoCommit(),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.SessionTimeout(time.Second), kgo.HeartbeatInterval(200*time.Millisecond))
	record := poll(ctx, t, consumer)
	if got := string(record.Value); got != "kept" {
		t.Fatalf("read %q, want only what was committed", got)
	}
	if err := consumer.CommitRecords(ctx, record); err != nil {
		t.Fatal(err)
	}
	offsets, err := broker.Admin(t).FetchOffsets(ctx, group)
	if err != nil {
		t.Fatal(err)
	}
	if o, _ := offsets.Lookup(topic, record.Partition); o.At != record.Offset+1 {
		t.Errorf("committed offset %d, want %d", o.At, record.Offset+1)
	}
}

func TestAddressAndDataSurviveARestartAKillAndAPause(t *testing.T) {
	broker.RequireReal(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	topic := broker.Topic(t, 1)
	client := broker.Client(t, kgo.DefaultProduceTopic(topic), kgo.ConsumeTopics(topic))

	outages := []struct {
		name string
		then func(testing.TB)
	}{
		{"before", func(testing.TB) {}},
		{"restart", broker.Restart},
		{"kill", func(t testing.TB) { broker.Kill(t); broker.Start(t) }},
		{"pause", func(t testing.TB) { broker.Pause(t); mustNotAnswer(ctx, t); broker.Resume(t) }},
	}
	for _, outage := range outages {
		outage.then(t)
		if err := client.ProduceSync(ctx, kgo.StringRecord(outage.name)).FirstErr(); err != nil {
			t.Fatalf("produce after %s: %v", outage.name, err)
		}
	}
	for _, outage := range outages {
		if got := string(poll(ctx, t, client).Value); got != outage.name {
			t.Fatalf("read %q, want %q", got, outage.name)
		}
	}
}

func mustNotAnswer(ctx context.Context, t testing.TB) {
	t.Helper()
	client := broker.Client(t, kgo.RequestRetries(0), kgo.RequestTimeoutOverhead(time.Second))
	if err := client.Ping(ctx); err == nil {
		t.Error("a paused broker answered")
	}
}

func transaction(ctx context.Context, t *testing.T, client *kgo.Client, value string, end kgo.TransactionEndTry) {
	t.Helper()
	if err := client.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	if err := client.ProduceSync(ctx, kgo.StringRecord(value)).FirstErr(); err != nil {
		t.Fatal(err)
	}
	if err := client.EndTransaction(ctx, end); err != nil {
		t.Fatal(err)
	}
}

// poll returns the next record.
func poll(ctx context.Context, t *testing.T, client *kgo.Client) *kgo.Record {
	t.Helper()
	for {
		fetches := client.PollRecords(ctx, 1)
		// A coordinator that has just come up may send the client away; it asks again.
		if err, session := fetches.Err0(), new(kgo.ErrGroupSession); err != nil && !errors.As(err, &session) {
			t.Fatal(err)
		}
		if records := fetches.Records(); len(records) == 1 {
			return records[0]
		}
	}
}
