package ledgerlog

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/durable"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkatest"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// BenchmarkOpen takes a ledger of 100,000 appointments over, each claimed and sent.
// The embedded broker is part of the process, so that its work and its allocations
// are counted as well.
func BenchmarkOpen(b *testing.B) {
	const appointments = 100_000
	_, opts := kafkatest.Broker(b, 1, topic)
	p, err := durable.NewProducer(10*time.Second, opts...)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = p.Close(context.Background()) }()
	fill(b, opts, appointments)
	s := &Store{Topic: topic, Channel: domain.Email, Producer: p, Reader: opts}
	b.ReportAllocs()
	for b.Loop() {
		l, err := s.Open(b.Context(), 0, unseen)
		if err != nil || l.Keys() != appointments {
			b.Fatal(err)
		}
	}
	b.ReportMetric(2*appointments*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

// fill writes what an earlier owner would have.
func fill(b *testing.B, opts []kgo.Opt, appointments int) {
	b.Helper()
	client, err := kgo.NewClient(append(opts[:len(opts):len(opts)], kgo.ProducerBatchCompression(kgo.NoCompression()))...)
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	write := func(e ledger.Entry) {
		e.Token = "OWNEROWNEROWNEROWNEROWNERO"
		client.Produce(b.Context(), &kgo.Record{Topic: topic, Value: e.Marshal()}, nil)
	}
	write(ledger.Entry{Kind: ledger.KindFence, Channel: domain.Email})
	for i := range appointments {
		c := ports.Claim{
			Key: domain.Key{byte(i), byte(i >> 8), byte(i >> 16), 1}, AppointmentID: "earlier-" + strconv.Itoa(i), Handle: "mailgun:v1:mg.clinic.example:" + strconv.Itoa(i),
			Origin: ports.Origin{Topic: "appointments.created", Offset: int64(i), Timestamp: time.Now()}, Lease: 10 * time.Second,
		}
		write(ledger.Entry{Kind: ledger.KindClaimed, Claim: c})
		write(ledger.Entry{Kind: ledger.KindSent, Claim: c, Code: "20310504094200.1.0123456789abcdef@mg.clinic.example"})
	}
	if err := client.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
}
