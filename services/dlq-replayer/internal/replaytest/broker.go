// Package replaytest is a broker with dead letters and a stand-in for a channel's
// worker, for tests of the replayer.
package replaytest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
)

// Broker is a broker with all topics.
type Broker struct {
	*testing.T
	// Cluster is the broker, for faults and compaction.
	Cluster *kfake.Cluster
	// Addr is host:port of the broker.
	Addr string
	// Config is for jobs on this broker.
	Config replay.Config
	dial   dialer
	client *kgo.Client
}

// New starts a broker that lasts as long as the test.
func New(t *testing.T) *Broker {
	t.Helper()
	return start(t, new(net.Dialer).DialContext, kfake.NumBrokers(1))
}

// NewVirtual is New for a bubble of testing/synctest, with that many brokers: the
// network is in memory, so that time is virtual.
func NewVirtual(t *testing.T, brokers int) *Broker {
	t.Helper()
	network, ports := new(kfake.VirtualNetwork), make([]int, brokers)
	for i := range ports {
		ports[i] = 9092 + i
	}
	return start(t, network.DialContext, kfake.NumBrokers(brokers), kfake.Ports(ports...), kfake.ListenFn(network.Listen))
}

type dialer func(ctx context.Context, network, address string) (net.Conn, error)

func start(t *testing.T, dial dialer, opts ...kfake.Opt) *Broker {
	t.Helper()
	cluster, err := kfake.NewCluster(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	r := &Broker{T: t, Cluster: cluster, Addr: cluster.ListenAddrs()[0], dial: dial, Config: replay.Config{
		Opts: []kgo.Opt{kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.Dialer(dial), kgo.DisableClientMetrics()},
		Topics: topics.Config{
			Source: "appointments.created", DLQ: "appointments.created.dlq",
			Replay: "appointments.created.replay.{channel}", Ledger: "notifications.{channel}.ledger",
			Outcomes:        "notifications.outcomes",
			LedgerRetention: 216 * time.Hour, Partitions: 3, ReplicationFactor: 1,
		},
		Limit: 10_000, Log: zap.NewNop(),
	}}
	r.client = r.NewClient()
	if _, err := topics.Ensure(t.Context(), kadm.NewClient(r.client), r.Config.Topics); err != nil {
		t.Fatal(err)
	}
	return r
}

// NewClient returns a client that reads what is committed and chooses partitions
// itself.
func (r *Broker) NewClient(opts ...kgo.Opt) *kgo.Client {
	r.Helper()
	opts = append(opts, kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.FetchMaxWait(20*time.Millisecond))
	client, err := kgo.NewClient(append(opts, r.Config.Opts...)...)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(client.Close)
	return client
}

// Letter returns the n-th of a series of made-up dead letters.
func Letter(n int, ch domain.Channel, class domain.Class) ports.DeadLetter {
	at := time.Date(2026, 5, 4, 9, 30, 0, 0, time.UTC).Add(time.Duration(n) * time.Second)
	return ports.DeadLetter{
		Channel: ch, Attempts: 1, FirstFailedAt: at, FailedAt: at,
		Failure: &domain.Failure{Class: class, Code: "provider.400", Detail: "it was refused"},
		Record: &ports.Record{
			Topic: "appointments.created", Partition: int32(n % 3), Offset: int64(n), Timestamp: at,
			Key: fmt.Appendf(nil, "a-%d", n), Value: fmt.Appendf(nil, `{"appointment_id":"a-%d","phone_e164":"+15550100001"}`, n),
			Headers: []ports.Header{{Key: "traceparent", Value: fmt.Appendf(nil, "00-%d", n)}},
		},
	}
}

// ID is the id of the n-th dead letter.
func ID(n int) string { return envelope.ID(domain.SMS, Letter(n, domain.SMS, "").Record.Origin()) }

// Fill puts n SMS of class recipient_rejected into the dead-letter topic.
func (r *Broker) Fill(n int) {
	r.Helper()
	var records []*kgo.Record
	for i := range n {
		records = append(records, envelope.Record(r.Config.Topics.DLQ, Letter(i, domain.SMS, domain.ClassRecipientRejected), "workers"))
	}
	r.Produce(records...)
}

// Produce writes records.
func (r *Broker) Produce(records ...*kgo.Record) {
	r.Helper()
	if err := r.client.ProduceSync(r.Context(), records...).FirstErr(); err != nil {
		r.Fatal(err)
	}
}

// Expire deletes the dead letters of a partition before an offset, as retention
// does.
func (r *Broker) Expire(partition int32, before int64) {
	r.Helper()
	r.delete(r.Config.Topics.DLQ, partition, before)
}

// Forget deletes the records of a ledger partition before an offset, as retention does.
func (r *Broker) Forget(ch domain.Channel, partition int32, before int64) {
	r.Helper()
	r.delete(r.Config.Topics.LedgerFor(ch), partition, before)
}

func (r *Broker) delete(topic string, partition int32, before int64) {
	r.Helper()
	at := kadm.Offsets{topic: {partition: {Topic: topic, Partition: partition, At: before}}}
	if _, err := kadm.NewClient(r.client).DeleteRecords(r.Context(), at); err != nil {
		r.Fatal(err)
	}
}

// Session takes the lock.
func (r *Broker) Session() *replay.Session {
	r.Helper()
	s, err := r.Config.Start(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(s.Close)
	return s
}

// Order returns the order of most tests.
func Order() replay.Order {
	return replay.Order{Filter: index.Filter{Channels: []string{"sms"}}, Who: "tester", Reason: "repaired", Rate: 2000}
}

// Run plans and runs o in a session of its own.
func (r *Broker) Run(o replay.Order, opts replay.Options) replay.Job {
	r.Helper()
	s := r.Session()
	defer s.Close()
	job, err := s.Run(r.Context(), r.Job(s, o), withPatience(opts))
	if err != nil {
		r.Fatal(err)
	}
	return job
}

// Job plans o and returns the job for it.
func (r *Broker) Job(s *replay.Session, o replay.Order) replay.Job {
	r.Helper()
	job, err := replay.NewJob(s.Plan(o), time.Now())
	if err != nil {
		r.Fatal(err)
	}
	return job
}

func withPatience(o replay.Options) replay.Options {
	if o.Patience == 0 {
		o.Patience = 10 * time.Second
	}
	return o
}

// Read returns all records of a topic that are there now.
func (r *Broker) Read(topic string) (records []*kgo.Record) {
	r.Helper()
	ends, err := kadm.NewClient(r.client).ListCommittedOffsets(r.Context(), topic)
	if err != nil {
		r.Fatal(err)
	}
	scanner := kafkaclient.NewScanner(r.client, topic, 1<<20)
	for _, partition := range slices.Sorted(maps.Keys(ends[topic])) {
		err := scanner.Read(r.Context(), partition, 0, ends[topic][partition].Offset, func(record *kgo.Record) error {
			records = append(records, record)
			return nil
		})
		if err != nil {
			r.Fatal(err)
		}
	}
	return records
}

// Audits returns the audit records.
func (r *Broker) Audits() []replay.AuditRecord {
	r.Helper()
	var out []replay.AuditRecord
	for _, record := range r.Read(topics.Audit) {
		var a replay.AuditRecord
		if err := json.Unmarshal(record.Value, &a); err != nil {
			r.Fatal(err)
		}
		out = append(out, a)
	}
	return out
}

// Known returns the job with that id, as read from the topics.
func (r *Broker) Known(id string) replay.Job {
	r.Helper()
	reader, book, err := r.Config.Open(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	defer reader.Close()
	job, ok := book.Job(id)
	if !ok {
		r.Fatalf("job %s is not known", id)
	}
	return job
}
