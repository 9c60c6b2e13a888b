package engine

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// accepting is a provider that costs nothing.
type accepting struct{}

func (accepting) Handle(ports.Notification) string { return "handle" }
func (accepting) Send(context.Context, ports.Notification) (ports.Accepted, error) {
	return ports.Accepted{ProviderID: "id"}, nil
}

func (accepting) LookUp(context.Context, ports.LookUp) (ports.Accepted, error) {
	return ports.Accepted{}, ports.ErrNotFound
}

// unheard takes outcomes and keeps none.
type unheard struct{}

func (unheard) Tell(context.Context, ports.Conclusion) error { return nil }

func (unheard) TellThen(_ context.Context, _ ports.Conclusion, then func(error)) { then(nil) }

// throughEngine takes b.N records through a lane, from the poll to the watermark,
// with a ledger in memory and a provider that costs nothing.
func throughEngine(b *testing.B, notify string) {
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	c, l := benchLane(ctx)
	go c.dispatcher.run(ctx)
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; {
		polled := polledRecords(n, min(50, b.N-n), notify)
		n += len(polled.Records)
		c.registrar.register(polled)
		l.awaitLeft(1000)
	}
	l.awaitLeft(0)
}

// benchLane is a lane that is open, of a consumer whose dispatcher does not run yet.
func benchLane(ctx context.Context) (*Consumer, *lane) {
	deliverer := delivery.New(delivery.Config{Channel: domain.Email, Timeout: 10 * time.Second}, delivery.Deps{
		Sender: accepting{}, Outcomes: unheard{}, Observer: ports.NoObserver{},
		Gate: delivery.NewGate(domain.Email, ports.NoObserver{}), Rate: delivery.NewRate(0),
	})
	c := NewConsumer(Config{Channel: domain.Email, Source: rigSource, Replay: rigReplay}, Deps{
		Deliverer: deliverer, Observer: ports.NoObserver{}, Slots: delivery.NewSlots(64), Rate: delivery.NewRate(0), Log: zap.NewNop(),
	})
	c.lanes.reader, c.lanes.partitions = &pauses{}, 1
	l := newLane(0, rigSource, c.lanes.ready, &c.lanes.intake, c.lanes.reader)
	l.attach(rigSource)
	l.attach(rigReplay)
	c.lanes.lanes[0] = l
	l.begin(ctx, remembered{ledger.NewMemory()})
	return c, l
}

// awaitLeft waits until at most so many records are left.
func (l *lane) awaitLeft(left int) {
	for {
		l.mu.Lock()
		done := l.halves[rigSource].queued <= left
		l.mu.Unlock()
		if done {
			return
		}
		<-time.After(50 * time.Microsecond)
	}
}

func polledRecords(from, n int, notify string) kgo.FetchTopicPartition {
	at := time.Now()
	p := kgo.FetchTopicPartition{Topic: rigSource}
	for i := range n {
		id := "load-" + strconv.Itoa(from+i)
		p.Records = append(p.Records, &kgo.Record{
			Topic: rigSource, Offset: int64(from + i), Timestamp: at, Key: []byte(id),
			Value: []byte(`{"appointment_id":"` + id + `","user_id":7,"time":"2031-05-06T14:30:00Z","timezone":"Europe/Berlin","email":"` + id + `@patients.example","notify":` + notify + `}`),
		})
	}
	return p
}

func BenchmarkRecord(b *testing.B) {
	b.Run("sent", func(b *testing.B) { throughEngine(b, `{"email":true,"sms":false}`) })
	b.Run("asks for nothing", func(b *testing.B) { throughEngine(b, `{"email":false,"sms":false}`) })
}
