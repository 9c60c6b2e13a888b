package history_test

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/history"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkatest"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

const (
	source  = "appointments.created"
	address = "mara.lind@patients.example"
	number  = "+15550101234"
)

// rig is a broker with the system's topics, and a reader of them.
type rig struct {
	*testing.T
	client *kgo.Client
	reader *history.Reader
}

func newRig(t *testing.T) *rig {
	t.Helper()
	named := topics.Config{
		Source: source, DLQ: source + ".dlq", Replay: source + ".replay.{channel}", Ledger: "notifications.{channel}.ledger",
		Outcomes: "notifications.outcomes",
	}
	all := []string{source, named.DLQ, named.Outcomes, topics.Resolutions}
	for _, ch := range domain.Channels() {
		all = append(all, named.LedgerFor(ch))
	}
	_, opts := kafkatest.Broker(t, 3, all...)
	client, err := kgo.NewClient(append(opts, kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return &rig{t, client, &history.Reader{Client: client, Topics: named}}
}

// write appends a record and returns where it stands.
func (r *rig) write(record *kgo.Record) ports.Origin {
	r.Helper()
	if err := r.client.ProduceSync(r.Context(), record).FirstErr(); err != nil {
		r.Fatal(err)
	}
	return ports.Origin{Topic: record.Topic, Partition: record.Partition, Offset: record.Offset, Timestamp: record.Timestamp}
}

func (r *rig) read(id string) *history.Appointment {
	r.Helper()
	a, err := r.reader.Read(r.Context(), id)
	if err != nil {
		r.Fatal(err)
	}
	return a
}

// home is the partition that a producer with Kafka's partitioner takes.
func home(id string) int32 {
	return int32(kgo.StickyKeyPartitioner(nil).ForTopic(source).Partition(&kgo.Record{Key: []byte(id)}, 3))
}

func (r *rig) publish(id string, partition int32) ports.Origin {
	value := `{"appointment_id":"` + id + `","time":"2031-05-04T09:30:00+02:00","email":"` + address + `","phone_e164":"` + number +
		`","notify":{"email":true,"sms":true},"revision":2}`
	return r.write(&kgo.Record{Topic: source, Partition: partition, Key: []byte(id), Value: []byte(value)})
}

// deadLetter gives up on a record.
func (r *rig) deadLetter(record *ports.Record, f *domain.Failure) {
	r.Helper()
	r.write(envelope.Record(source+".dlq", ports.DeadLetter{
		Record: record, Channel: domain.SMS, Attempts: 1, FirstFailedAt: record.Timestamp, FailedAt: record.Timestamp, Failure: f,
	}, "group"))
}

func (r *rig) resolve(id string, status envelope.ResolutionStatus, count int) {
	r.Helper()
	key, value, err := envelope.EncodeResolution(envelope.Resolution{
		ID: id, Channel: domain.SMS, Status: status, ReplayCount: count, At: time.Now(),
	})
	if err != nil {
		r.Fatal(err)
	}
	r.write(&kgo.Record{Topic: topics.Resolutions, Key: key, Value: value})
}

// owner writes the ledger of one channel.
type owner struct {
	*rig
	channel   domain.Channel
	token, id string
	origin    ports.Origin
}

// write appends one record.
func (o owner) write(kind ledger.Kind, code string) {
	o.Helper()
	e := ledger.Entry{Kind: kind, Token: o.token, Channel: o.channel, Code: code, Claim: ports.Claim{
		Key: domain.Key{7}, AppointmentID: o.id, Origin: o.origin, Handle: "handle of " + address + number, Lease: 10 * time.Second,
	}}
	record := &kgo.Record{Topic: o.reader.Topics.LedgerFor(o.channel), Partition: o.origin.Partition, Value: e.Marshal()}
	if kind != ledger.KindFence {
		record.Key = []byte(o.id)
	}
	o.rig.write(record)
}
