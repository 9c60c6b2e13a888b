package ledgerlog

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkatest"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// meter counts the bytes that a client reads, no more than rate in a second
// where that is set.
type meter struct {
	read atomic.Int64
	rate int
}

// OnBrokerRead implements kgo.HookBrokerRead.
func (m *meter) OnBrokerRead(_ kgo.BrokerMetadata, _ int16, bytes int, _, _ time.Duration, _ error) {
	m.read.Add(int64(bytes))
	if m.rate > 0 {
		tick(time.Duration(bytes) * time.Second / time.Duration(m.rate))
	}
}

// inLongLedger runs a test on a ledger of 4 MiB whose fence retention has
// removed, read through a meter.
func inLongLedger(t *testing.T, m *meter, test func(t *testing.T, s *Store)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		_, opts := kafkatest.Broker(t, 1, topic)
		writer, err := kgo.NewClient(append(opts[:len(opts):len(opts)], kgo.ProducerBatchMaxBytes(32<<10), kgo.ProducerBatchCompression(kgo.NoCompression()))...)
		if err != nil {
			t.Fatal(err)
		}
		fence := ledger.Entry{Kind: ledger.KindFence, Token: "old", Channel: domain.Email}
		records := []*kgo.Record{{Topic: topic, Value: fence.Marshal()}}
		for i := range 4 << 20 / 1024 {
			e := sentBy("old", ports.Claim{Key: domain.Key{1, byte(i), byte(i >> 8)}, AppointmentID: fmt.Sprintf("%0800d", i)})
			records = append(records, &kgo.Record{Topic: topic, Value: e.Marshal()})
		}
		if err := writer.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
			t.Fatal(err)
		}
		writer.Close()
		kafkatest.DeleteBefore(t, opts, topic, 1)
		test(t, &Store{
			Topic: topic, Channel: domain.Email, Producer: producer(t, opts),
			Reader: append(opts[:len(opts):len(opts)], kgo.WithHooks(m)),
		})
	})
}

// An owner that outlives the retention leaves a log without a fence. Looking for
// one takes as long as it takes.
func TestALedgerWhoseFencesAreGoneIsOpenedHoweverLongThatTakes(t *testing.T) {
	inLongLedger(t, &meter{rate: 32 << 10}, func(t *testing.T, s *Store) {
		begin := time.Now()
		l, err := s.Open(t.Context(), 0, unseen)
		if err != nil {
			t.Fatalf("not open after %s: %v", time.Since(begin), err)
		}
		if took := time.Since(begin); took < 2*readTimeout || l.Keys() != 4<<10 {
			t.Errorf("it took %s for %d keys: too little to show anything", took, l.Keys())
		}
	})
}

// To look at the first record, as each lane does once an hour, must not cost the
// memory and the traffic of a load.
func TestTheFirstRecordIsReadWithoutTheRest(t *testing.T) {
	m := &meter{}
	inLongLedger(t, m, func(t *testing.T, s *Store) {
		if reach, err := s.reach(t.Context(), 0); err != nil || reach.IsZero() {
			t.Fatal(reach, err)
		}
		if read := m.read.Load(); read > 512<<10 {
			t.Errorf("%d bytes were read for one record", read)
		}
	})
}

// However many lanes are read at once, together they hold so many parts, and half as many of one broker.
func TestReadsShareWhatTheyHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, opts := kafkatest.Broker(t, 1, topic)
		p := producer(t, opts)
		fence := ledger.Entry{Kind: ledger.KindFence, Token: "old", Channel: domain.Email}
		if err := p.ProduceSync(t.Context(), &kgo.Record{Topic: topic, Value: fence.Marshal()}); err != nil {
			t.Fatal(err)
		}
		s := &Store{Topic: topic, Channel: domain.Email, Producer: p, Reader: opts}
		var begun atomic.Int32
		goOn := make(chan struct{})
		var reads sync.WaitGroup
		for range 2 * parts {
			reads.Go(func() {
				err := s.read(t.Context(), stretch{0, 0, 1}, func(*kgo.Record, *ledger.Line) error {
					begun.Add(1)
					<-goOn
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		tick(time.Minute)
		if n := begun.Load(); n != parts/2 {
			t.Errorf("%d are held at once of one broker", n)
		}
		close(goOn)
		reads.Wait()
		if n := begun.Load(); n != 2*parts {
			t.Errorf("%d were read in all", n)
		}
	})
}
