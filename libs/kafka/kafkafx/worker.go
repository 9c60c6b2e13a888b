// Package kafkafx wires the parts of a channel worker: clients, ledger,
// deliverer and consumer, with their life cycle.
package kafkafx

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/durable"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/engine"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/ledgerlog"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/libs/localtime"
	"github.com/kafka-notifications/kafka-notifications/libs/messages"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/receipts"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/health"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/runtimefx"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/tracing"
)

// Settings are the settings that a channel worker is wired from.
type Settings struct {
	Program  config.Program
	Kafka    config.Kafka
	Delivery config.Delivery
	// Receipts only matter to a channel with a source of receipts.
	Receipts config.Receipts
	// ProviderTimeout is the deadline of one provider call.
	ProviderTimeout time.Duration
	// RatePerSecond is the provider's limit for the whole group; 0 is unlimited.
	RatePerSecond float64
	// AccountHint tells an operator what to check when the provider refuses the
	// account: the names of the settings, and where the account is.
	AccountHint string
	// Clock shows appointments at their local times.
	Clock *localtime.Clock
	// Texts are what messages say.
	Texts *messages.Set
}

// Worker provides a running *engine.Consumer. It needs Settings, a ports.Sender, a
// ports.Observer, a *zap.Logger, a prometheus.Registerer, a *health.Registry and a
// *tracing.Traces; with a ports.ReceiptSource it also asks for receipts.
func Worker() fx.Option {
	return fx.Module("worker",
		fx.Provide(newClientOptions, newProducer, newGate, newRate, newSlots, newWatch, newDeliverer, newLedgers, newConsumer, newWatcher),
		fx.Invoke(report, reportTexts, run, func(*receipts.Watcher) {}, measureLag, limitMemory),
	)
}

// flushTimeout is how long a stop waits for the producer's last
// acknowledgements.
const flushTimeout = 5 * time.Second

// StopTimeout is how long a program with a Worker may take to stop: the time for the
// drain, leaving the group, the producer's last acknowledgements and the last spans,
// and a margin.
func StopTimeout(d config.Delivery) fx.Option {
	return fx.StopTimeout(d.DrainTimeout + engine.LeaveTimeout + flushTimeout + tracing.FlushTimeout + 5*time.Second)
}

// report shows the consumer's state on the health address.
func report(s Settings, h *health.Registry, c *engine.Consumer, w *delivery.Watch) {
	h.AddLive("consumer", c.Live)
	h.AddReady("consumer", c.Ready)
	h.AddStatus("lanes", func() any { return c.Lanes() })
	h.AddStatus("visibility", func() any { return w.Status() })
	h.AddStatus("zones", func() any { return s.Clock.Zones().Edition() })
}

// reportTexts shows which texts the messages use.
func reportTexts(s Settings, h *health.Registry, log *zap.Logger) {
	if n := s.Delivery.Recipients.Allowlist().Len(); n > 0 {
		h.AddStatus("allowlist", func() any { return map[string]int{"entries": n} })
	}
	h.AddStatus("messages", func() any { return s.Texts.State() })
	state := s.Texts.State()
	log.Info("messages", zap.String("set", state.Set), zap.String("source", state.Source), zap.String("default_locale", state.Default))
}

// clientOptions are the options that every Kafka client of the process shares.
type clientOptions []kgo.Opt

func newClientOptions(s Settings, log *zap.Logger) (clientOptions, error) {
	return kafkaclient.Options(s.Kafka.Connection.Client(s.Program.Name), log)
}

func newProducer(lc fx.Lifecycle, s Settings, opts clientOptions, log *zap.Logger) (*durable.Producer, error) {
	timeout := max(s.Kafka.Producer.SendTimeout, s.Kafka.Producer.DeadLetters.SendTimeout)
	p, err := durable.NewProducer(timeout, opts...)
	if err != nil {
		return nil, err
	}
	lc.Append(fx.StopHook(func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, flushTimeout)
		defer cancel()
		if err := p.Close(ctx); err != nil {
			log.Warn("not all writes were acknowledged when the worker stopped; what they were about is asked of the provider later", zap.Error(err))
		}
	}))
	return p, nil
}

func newGate(s Settings, o ports.Observer) *delivery.Gate {
	return delivery.NewGate(s.Program.Channel, o)
}

func newRate(s Settings) *delivery.Rate { return delivery.NewRate(s.RatePerSecond) }

func newSlots(s Settings) *delivery.Slots { return delivery.NewSlots(s.Delivery.Concurrency) }

func newWatch(lc fx.Lifecycle, s Settings, sender ports.Sender, o ports.Observer) *delivery.Watch {
	w := delivery.NewWatch(delivery.WatchConfig{
		Channel: s.Program.Channel, Timeout: s.ProviderTimeout, Visibility: s.Delivery.Visibility,
	}, sender, o)
	lc.Append(fx.StopHook(w.Close))
	return w
}

func newDeliverer(s Settings, sender ports.Sender, o ports.Observer, g *delivery.Gate, r *delivery.Rate, w *delivery.Watch, p *durable.Producer, tr *tracing.Traces) *delivery.Deliverer {
	return delivery.New(delivery.Config{
		Channel: s.Program.Channel, Timeout: s.ProviderTimeout,
		Settle: s.Delivery.Settle, Visibility: s.Delivery.Visibility,
		MaxAttempts: s.Delivery.MaxAttempts, MaxElapsed: s.Delivery.MaxElapsed, MaxEventAge: s.Delivery.MaxEventAge,
		Allowlist: s.Delivery.Recipients.Allowlist(),
	}, delivery.Deps{
		Sender: sender, Observer: o, Gate: g, Rate: r, Watch: w,
		Tracer: tr.Records(s.Kafka.Consumer.GroupID, tracing.Topics{
			DeadLetters: s.topics().DLQ, Outcomes: s.topics().Outcomes, Resolutions: topics.Resolutions,
		}),
		DeadLetters: &durable.DeadLetters{
			Producer: p, Topic: s.topics().DLQ, Group: s.Kafka.Consumer.GroupID, Observer: o,
			Enabled: s.Kafka.Producer.DeadLetters.Enabled,
		},
		Outcomes:    &durable.Outcomes{Producer: p, Topic: s.topics().Outcomes, Observer: o},
		Resolutions: &durable.Resolutions{Producer: p, Topic: topics.Resolutions, Observer: o},
	})
}

func newLedgers(s Settings, p *durable.Producer, o ports.Observer, opts clientOptions) *ledgerlog.Store {
	return &ledgerlog.Store{
		Topic: s.topics().LedgerFor(s.Program.Channel), Channel: s.Program.Channel,
		Producer: p, Reader: opts, Observer: o,
	}
}

func (s Settings) topics() topics.Config { return s.Kafka.Topics.Declared() }

func newConsumer(s Settings, d *delivery.Deliverer, l *ledgerlog.Store, p *durable.Producer,
	slots *delivery.Slots, r *delivery.Rate, o ports.Observer, log *zap.Logger, opts clientOptions,
) *engine.Consumer {
	c := s.Kafka.Consumer
	return engine.NewConsumer(engine.Config{
		Channel: s.Program.Channel, Source: s.topics().Source, Replay: s.topics().ReplayFor(s.Program.Channel),
		Group: c.GroupID, InstanceID: c.GroupInstanceID, FromLatest: c.AutoOffsetReset == "latest",
		MaxPollRecords: c.MaxPollRecords, PollTimeout: c.PollTimeout,
		SessionTimeout: c.SessionTimeout, DrainTimeout: s.Delivery.DrainTimeout,
	}, engine.Deps{
		Deliverer: d, Ledgers: opener{l}, Writer: p, Slots: slots, Rate: r, Observer: o, Log: log, Client: opts,
		Check: checkTopics(s, p, opts), Doubts: []func(*domain.Event) (code, detail string){s.Clock.Doubt, s.Texts.Doubt},
	})
}

// checkTopics returns the check that runs before the group is joined.
func checkTopics(s Settings, p *durable.Producer, opts clientOptions) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		layout, err := check(ctx, s.topics(), s.Program.Channel, opts)
		if err != nil {
			return 0, kafkaclient.Unreachable(s.Kafka.Connection.BootstrapServers, err)
		}
		return int(layout.Partitions), p.SetMaxMessageBytes(layout.MaxBatchBytes)
	}
}

// checkTimeout bounds one check of the topics.
const checkTimeout = 10 * time.Second

func check(ctx context.Context, t topics.Config, ch domain.Channel, opts clientOptions) (topics.Layout, error) {
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return topics.Layout{}, err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	return topics.Check(ctx, kadm.NewClient(client), t, ch)
}

func run(lc fx.Lifecycle, c *engine.Consumer, stop fx.Shutdowner, log *zap.Logger) {
	runtimefx.Loop(lc, stop, log, c.Run)
}
