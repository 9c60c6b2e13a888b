package kafkafx

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/durable"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/outcomelog"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/receipts"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/health"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/runtimefx"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/tracing"
)

// receiptDeps are the parts that receipts are wired from. Source is nil for a channel
// whose provider gives no receipts.
type receiptDeps struct {
	fx.In

	Lifecycle fx.Lifecycle
	Stop      fx.Shutdowner
	Settings  Settings
	Source    ports.ReceiptSource `optional:"true"`
	Producer  *durable.Producer
	Slots     *delivery.Slots
	Deliverer *delivery.Deliverer
	Observer  ports.Observer
	Client    clientOptions
	Health    *health.Registry
	Metrics   prometheus.Registerer
	Log       *zap.Logger
	Traces    *tracing.Traces
}

// newWatcher returns the watcher that asks for receipts; nil if the channel has no
// receipts or they are switched off. It runs with the program.
func newWatcher(d receiptDeps) (*receipts.Watcher, error) {
	s := d.Settings
	if d.Source == nil || !s.Receipts.Enabled {
		d.Health.AddStatus("receipts", func() any { return receiptStatus{} })
		return nil, nil //nolint:nilnil // a channel without receipts is not an error
	}
	reader, err := kgo.NewClient(d.Client...)
	if err != nil {
		return nil, err
	}
	d.Lifecycle.Append(fx.StopHook(reader.Close))
	named := s.topics()
	w := receipts.New(receipts.Config{Channel: s.Program.Channel, Poll: s.Receipts.Poll, Horizon: s.Receipts.Horizon}, receipts.Deps{
		Source: d.Source, Observer: d.Observer, Room: room{d.Slots, d.Deliverer},
		Log: &outcomelog.Writer{
			Channel: s.Program.Channel, Topic: named.Outcomes, Producer: d.Producer, Observer: d.Observer, Reader: reader,
			Tracer:      d.Traces.Later(),
			Resolutions: &durable.Resolutions{Producer: d.Producer, Topic: topics.Resolutions, Observer: d.Observer},
		},
	})
	f := outcomelog.New(outcomelog.Config{
		Channel: s.Program.Channel, Topic: named.Outcomes, Group: s.Kafka.Consumer.GroupID + outcomelog.GroupSuffix,
		InstanceID: s.Kafka.Consumer.GroupInstanceID, SessionTimeout: s.Kafka.Consumer.SessionTimeout,
		Commit: min(s.Receipts.Poll, commitInterval), Horizon: s.Receipts.Horizon, Whole: d.Source.Bounds().Basis == ports.SpanOfEvents,
	}, outcomelog.Deps{Watcher: w, Observer: d.Observer, Log: d.Log, Client: d.Client, Reader: reader})
	d.Health.AddStatus("receipts", func() any { return receiptStatus{Enabled: true, Status: new(w.Status())} })
	runtimefx.Loop(d.Lifecycle, d.Stop, d.Log, func(ctx context.Context) error { return f.Run(ctx) })
	return w, d.Metrics.Register(&receiptMetrics{channel: s.Program.Channel, watcher: w})
}

// commitInterval is the longest time between two commits of the progress of receipts.
const commitInterval = 10 * time.Second

// receiptStatus is what /status shows.
type receiptStatus struct {
	Enabled bool `json:"enabled"`
	*receipts.Status
}

// room is the share of the provider's slots that senders and doubts leave free.
type room struct {
	slots     *delivery.Slots
	deliverer *delivery.Deliverer
}

// Borrow implements receipts.Room.
func (r room) Borrow() (release func(), ok bool) {
	if r.deliverer.DoubtsWait() {
		return nil, false
	}
	return r.slots.Borrow()
}
