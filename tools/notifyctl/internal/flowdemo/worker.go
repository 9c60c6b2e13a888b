package flowdemo

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/durable"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/engine"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/ledgerlog"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

// Times that suit a provider in the same process; real ones are seconds to half
// an hour, see docs/SETTINGS.md.
const (
	timeout = 5 * time.Second
	settle  = time.Second
	drain   = time.Second
)

func group(ch domain.Channel) string { return "notifications-" + string(ch) + "-worker" }

// worker is one life of a channel's worker process: the engine, the ledger and
// the durable writes of the real one, wired as kafkafx wires them.
type worker struct {
	channel  domain.Channel
	consumer *engine.Consumer
	cable    *cable
	line     *line
	stop     context.CancelFunc
	ended    chan error
}

// startWorker lets a worker live until it is stopped or killed.
func startWorker(ctx context.Context, ch domain.Channel, b *broker, provider *fake.Sender, silent string, o ports.Observer) (*worker, error) {
	w := &worker{
		channel: ch, cable: &cable{dial: b.network.DialContext}, line: &line{provider: provider, silent: silent}, ended: make(chan error, 1),
	}
	producer, err := durable.NewProducer(10*time.Second, b.over(w.cable.connect)...)
	if err != nil {
		return nil, err
	}
	w.consumer = engine.NewConsumer(engine.Config{
		Channel: ch, Source: named().Source, Replay: named().ReplayFor(ch), Group: group(ch),
		MaxPollRecords: 50, PollTimeout: time.Second, SessionTimeout: session, DrainTimeout: drain,
	}, w.deps(b, producer, o))
	ctx, w.stop = context.WithCancel(ctx)
	go func() {
		err := w.consumer.Run(ctx)
		flush, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
		defer cancel()
		_ = producer.Close(flush) // a dead process's records do not arrive
		w.ended <- err
	}()
	return w, nil
}

func (w *worker) deps(b *broker, producer *durable.Producer, o ports.Observer) engine.Deps {
	client, rate := b.over(w.cable.connect), delivery.NewRate(0)
	return engine.Deps{
		Deliverer: delivery.New(delivery.Config{
			Channel: w.channel, Timeout: timeout, Settle: settle, Visibility: settle, MaxAttempts: 3, MaxElapsed: time.Minute,
		}, delivery.Deps{
			Sender: w.line, Observer: o, Gate: delivery.NewGate(w.channel, o), Rate: rate,
			DeadLetters: &durable.DeadLetters{Producer: producer, Topic: named().DLQ, Group: group(w.channel), Observer: o, Enabled: true},
			Outcomes:    &durable.Outcomes{Producer: producer, Topic: named().Outcomes, Observer: o},
			Resolutions: &durable.Resolutions{Producer: producer, Topic: topics.Resolutions, Observer: o},
		}),
		Ledgers: ledgers{&ledgerlog.Store{
			Topic: named().LedgerFor(w.channel), Channel: w.channel, Producer: producer, Reader: client, Observer: o,
		}},
		Writer: producer, Slots: delivery.NewSlots(8), Rate: rate, Observer: o, Log: zap.NewNop(), Client: client,
		Check: func(ctx context.Context) (int, error) {
			layout, err := topics.Check(ctx, kadm.NewClient(b.client), named(), w.channel)
			return int(layout.Partitions), err
		},
	}
}

// kill is kill -9: requests that were sent have arrived, and no others will.
func (w *worker) kill() {
	w.line.dead.Store(true)
	w.cable.cut()
	w.stop() // ends the worker's goroutines in this process
}

// end is SIGTERM.
func (w *worker) end() error {
	w.stop()
	if err := <-w.ended; err != nil {
		return fmt.Errorf("the %s worker ended: %w", w.channel, err)
	}
	return nil
}

// lane returns the state of the worker's only lane.
func (w *worker) lane() engine.LaneStatus {
	for _, l := range w.consumer.Lanes() {
		return l
	}
	return engine.LaneStatus{}
}

// ledgers adapts the ledger store to the engine.
type ledgers struct{ store *ledgerlog.Store }

// Open implements engine.LedgerOpener.
func (l ledgers) Open(ctx context.Context, partition int32, progress func(read, of int64)) (engine.OwnedLedger, error) {
	opened, err := l.store.Open(ctx, partition, progress)
	if err != nil {
		return nil, err // not a nil *Ledger in a non-nil interface
	}
	return opened, nil
}
