package servicetest

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

// Kafka is an in-memory broker with the topics of the default settings.
type Kafka struct {
	// Bootstrap is the value of KAFKA_BOOTSTRAP_SERVERS.
	Bootstrap string

	t      *testing.T
	client *kgo.Client
	source string
}

// defaults are the settings of topics, as a program reads them.
type defaults struct {
	Connection    config.Connection
	Topics        config.Topics
	TopicCreation config.TopicCreation
}

// Program returns a program without a channel.
func (defaults) Program() config.Program { return config.Program{Name: "servicetest"} }

// NewKafka returns a broker that runs until the test ends.
func NewKafka(t *testing.T) *Kafka {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	k := &Kafka{t: t, Bootstrap: strings.Join(cluster.ListenAddrs(), ",")}
	if k.client, err = kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.client.Close)
	cfg, _, err := config.Load[defaults](config.Env{"KAFKA_BOOTSTRAP_SERVERS": k.Bootstrap})
	if err != nil {
		t.Fatal(err)
	}
	k.source = cfg.Topics.Source
	if _, err := topics.Ensure(t.Context(), kadm.NewClient(k.client), cfg.Topics.Created(cfg.TopicCreation)); err != nil {
		t.Fatal(err)
	}
	return k
}

// Publish writes an event with the given age to the source topic.
func (k *Kafka) Publish(key, value string, age time.Duration, headers ...kgo.RecordHeader) {
	k.t.Helper()
	record := &kgo.Record{Topic: k.source, Key: []byte(key), Value: []byte(value), Timestamp: time.Now().Add(-age), Headers: headers}
	if err := k.client.ProduceSync(k.t.Context(), record).FirstErr(); err != nil {
		k.t.Fatal(err)
	}
}
