package index_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
)

const dlq = "appointments.created.dlq"

var start = time.Date(2026, 5, 4, 9, 30, 0, 0, time.UTC)

// rig is a broker with the topics that an index is made of.
type rig struct {
	*testing.T
	seed   kgo.Opt
	client *kgo.Client
}

func newRig(t *testing.T) *rig {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	r := &rig{T: t, seed: kgo.SeedBrokers(cluster.ListenAddrs()...)}
	r.client = r.newClient()
	adm := kadm.NewClient(r.client)
	for name, partitions := range map[string]int32{dlq: 3, topics.Resolutions: 1} {
		if _, err := adm.CreateTopic(t.Context(), partitions, 1, nil, name); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func (r *rig) newClient(opts ...kgo.Opt) *kgo.Client {
	r.Helper()
	client, err := kgo.NewClient(append(opts, r.seed, kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(client.Close)
	return client
}

func (r *rig) produce(records ...*kgo.Record) {
	r.Helper()
	if err := r.client.ProduceSync(r.Context(), records...).FirstErr(); err != nil {
		r.Fatal(err)
	}
}

func (r *rig) resolve(res envelope.Resolution) {
	r.Helper()
	key, value, err := envelope.EncodeResolution(res)
	if err != nil {
		r.Fatal(err)
	}
	r.produce(&kgo.Record{Topic: topics.Resolutions, Key: key, Value: value})
}

// load reads the topics into an index of at most limit dead letters.
func (r *rig) load(limit int) *index.Index {
	r.Helper()
	return r.reader(limit, nil).Index
}

func (r *rig) reader(limit int, see func(*kgo.Record)) *index.Reader {
	r.Helper()
	return r.open(limit, index.Topics{}, see)
}

// open is reader with more topics than the two that every index is made of.
func (r *rig) open(limit int, more index.Topics, see func(*kgo.Record)) *index.Reader {
	r.Helper()
	more.DLQ, more.Resolutions = dlq, topics.Resolutions
	reader, err := index.NewReader(index.New(limit), more, see, r.seed)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(reader.Close)
	if err := reader.Load(r.Context()); err != nil {
		r.Fatal(err)
	}
	return reader
}

// letter is the n-th dead letter of a made-up series: SMS and e-mails that
// failed one minute after the other.
func letter(n int) ports.DeadLetter {
	ch := domain.Channels()[n%2]
	at := start.Add(time.Duration(n) * time.Minute)
	return ports.DeadLetter{
		Channel: ch, Attempts: 1, FirstFailedAt: at, FailedAt: at,
		Failure: &domain.Failure{Class: domain.Classes()[n%4], Code: fmt.Sprintf("provider.%d", 400+n%4), Detail: "it was refused"},
		Record: &ports.Record{
			Topic: "appointments.created", Partition: int32(n % 3), Offset: int64(n), Timestamp: at,
			Key: fmt.Appendf(nil, "a-%d", n), Value: fmt.Appendf(nil, `{"appointment_id":"a-%d","email":"mara@clinic.example"}`, n),
		},
	}
}

func id(n int) string { return envelope.ID(letter(n).Channel, letter(n).Record.Origin()) }

func dead(n int) *kgo.Record { return envelope.Record(dlq, letter(n), "workers") }

// again is the dead letter that the count-th replay of dead(n) made.
func again(n, count int) *kgo.Record {
	d := letter(n)
	d.Record.Replay = &ports.Replay{DeadLetterID: id(n), Job: "job-1", Count: count, Origin: d.Record.Origin(), FirstFailedAt: d.FirstFailedAt}
	return envelope.Record(dlq, d, "workers")
}

// statuses returns where each dead letter stands, by id.
func statuses(x *index.Index) map[string]index.Status {
	out := make(map[string]index.Status)
	for _, item := range x.Select(index.Filter{}) {
		out[item.ID] = item.Status
	}
	return out
}
