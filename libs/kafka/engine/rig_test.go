package engine

import (
	"cmp"
	"context"
	"runtime/debug"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kversion"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/durable"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkatest"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/ledgerlog"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// rig is a whole channel on an in-memory broker and an in-memory network, so
// that it runs in virtual time: hours of outage take milliseconds. Any number
// of workers share the provider; an oracle beside them watches what they tell
// the broker.
type rig struct {
	t        *testing.T
	cluster  *kfake.Cluster
	network  *kfake.VirtualNetwork
	opts     []kgo.Opt
	admin    *kadm.Client
	client   *kgo.Client
	provider *provider
	oracle   *oracle
	cfg      rigConfig
	workers  []*worker
	// log, where set, is the workers'.
	log *zap.Logger
}

type rigConfig struct {
	partitions  int32
	concurrency int
	attempts    int
	visibility  time.Duration
	dlqDisabled bool
	latest      bool
	drain       time.Duration
	// hooks are told what the workers' clients do.
	hooks []kgo.Hook
}

const (
	rigSource      = "appointments.created"
	rigReplay      = "appointments.created.replay.email"
	rigDLQ         = "appointments.created.dlq"
	rigLedger      = "notifications.email.ledger"
	rigOutcomes    = "notifications.outcomes"
	rigResolutions = "notifications.dlq.resolutions"
	rigGroup       = "notifications-email-worker"

	rigTimeout = 10 * time.Second
	rigSettle  = 30 * time.Second
	rigSession = 15 * time.Second
)

// inRig runs a test in virtual time. Afterwards the oracle's objections are the
// test's failures.
func inRig(t *testing.T, cfg rigConfig, test func(r *rig)) {
	t.Helper()
	// Made outside of the bubble, it keeps real time: virtual time that stands
	// still would fire none of the test's own timeouts.
	limit := time.AfterFunc(stalled, func() {
		debug.SetTraceback("all")
		panic(t.Name() + ": virtual time stands still")
	})
	defer limit.Stop()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, cfg)
		defer r.close()
		test(r)
	})
}

func newRig(t *testing.T, cfg rigConfig) *rig {
	t.Helper()
	cfg.partitions, cfg.concurrency = max(1, cfg.partitions), max(1, cfg.concurrency)
	if cfg.attempts == 0 {
		cfg.attempts = 8
	}
	if cfg.visibility == 0 {
		cfg.visibility = 30 * time.Minute
	}
	if cfg.drain == 0 {
		cfg.drain = 20 * time.Second
	}
	network := new(kfake.VirtualNetwork)
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.ListenFn(network.Listen), kfake.MaxVersions(kversion.V4_0_0()),
		kfake.SeedTopics(cfg.partitions, rigSource, rigReplay, rigDLQ, rigLedger, rigOutcomes), kfake.SeedTopics(1, rigResolutions))
	if err != nil {
		t.Fatal(err)
	}
	opts := []kgo.Opt{kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.DisableClientMetrics(), kgo.Dialer(network.DialContext)}
	client, err := kgo.NewClient(append(opts, kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, cluster: cluster, network: network, opts: opts, client: client, admin: kadm.NewClient(client), cfg: cfg}
	r.provider = newProvider()
	r.oracle = watch(r)
	return r
}

func (r *rig) close() {
	for _, w := range r.workers {
		w.thaw()
		w.group.Mend()
		_ = w.stop()
	}
	tick(time.Minute) // a real process would be gone: here its last sends and its pauses between writes end by themselves
	r.client.Close()
	r.cluster.Close()
	for _, objection := range r.oracle.objections() {
		r.t.Error(objection)
	}
}

// worker is one running consumer with a network connection and a way to the
// provider of its own, so that it can be cut off like a process that was
// stopped or killed.
type worker struct {
	consumer *Consumer
	producer *durable.Producer
	gate     *delivery.Gate
	slots    *delivery.Slots
	observer *observer
	// group and ledger are its ways to the broker: as a member and reader, and
	// as the owner of ledgers.
	group, ledger *kafkatest.Link
	sender        *rigSender
	// ended is closed when the consumer has ended by itself or by stop, which
	// ends it like SIGTERM.
	ended chan struct{}
	stop  func() error
}

func (r *rig) start() *worker {
	r.t.Helper()
	w := &worker{
		observer: &observer{oracle: r.oracle, outcomes: map[string]int{}},
		group:    &kafkatest.Link{Network: r.network}, ledger: &kafkatest.Link{Network: r.network}, sender: &rigSender{provider: r.provider},
		slots: delivery.NewSlots(r.cfg.concurrency), ended: make(chan struct{}),
	}
	producer, err := durable.NewProducer(10*time.Second, r.over(w.ledger)...)
	if err != nil {
		r.t.Fatal(err)
	}
	w.producer = producer
	w.gate = delivery.NewGate(domain.Email, w.observer)
	w.consumer = NewConsumer(Config{
		Channel: domain.Email, Source: rigSource, Replay: rigReplay, Group: rigGroup, FromLatest: r.cfg.latest,
		MaxPollRecords: 50, PollTimeout: time.Second, SessionTimeout: rigSession, DrainTimeout: r.cfg.drain,
	}, r.deps(w, producer))
	ctx, cancel := context.WithCancel(r.t.Context())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		err = w.consumer.Run(ctx)
		close(w.ended)
		flush, cancel := context.WithTimeout(r.t.Context(), 10*time.Second)
		defer cancel()
		_ = producer.Close(flush)
	}()
	w.stop = func() error {
		cancel()
		<-stopped
		return err
	}
	r.workers = append(r.workers, w)
	return w
}

// startReady starts a worker and waits until it works.
func (r *rig) startReady() *worker {
	r.t.Helper()
	w := r.start()
	r.until(time.Minute, "ready", func() bool { return w.consumer.Ready() == nil })
	return w
}

// over returns the options of a client that is connected by a link. It is
// patient: this broker begins a rebalance anew whenever a member gives up on its
// answer and asks again, and so would never end one with a dead member in it.
func (r *rig) over(c *kafkatest.Link) []kgo.Opt {
	return append(r.opts[:2:2], kgo.Dialer(c.Dial), kgo.RequestTimeoutOverhead(5*time.Minute), kgo.WithHooks(r.cfg.hooks...))
}

func (r *rig) deps(w *worker, producer *durable.Producer) Deps {
	rate := delivery.NewRate(0)
	return Deps{
		Deliverer: delivery.New(delivery.Config{
			Channel: domain.Email, Timeout: rigTimeout, Settle: rigSettle, Visibility: r.cfg.visibility,
			MaxAttempts: r.cfg.attempts, MaxElapsed: 30 * time.Minute,
		}, delivery.Deps{
			Sender:      w.sender,
			Outcomes:    &durable.Outcomes{Producer: producer, Topic: rigOutcomes, Observer: ports.NoObserver{}},
			DeadLetters: &durable.DeadLetters{Producer: producer, Topic: rigDLQ, Group: rigGroup, Observer: ports.NoObserver{}, Enabled: !r.cfg.dlqDisabled},
			Resolutions: &durable.Resolutions{Producer: producer, Topic: rigResolutions, Observer: ports.NoObserver{}},
			Observer:    w.observer, Gate: w.gate, Rate: rate,
		}),
		Ledgers: opener{&ledgerlog.Store{Topic: rigLedger, Channel: domain.Email, Producer: producer, Reader: r.over(w.ledger)}},
		Writer:  producer, Slots: w.slots, Rate: rate, Observer: w.observer, Log: cmp.Or(r.log, zap.NewNop()), Client: r.over(w.group),
		Check: func(context.Context) (int, error) { return int(r.cfg.partitions), nil },
	}
}

// opener gives the engine ledgers on a topic, as kafkafx does.
type opener struct{ *ledgerlog.Store }

// Open implements LedgerOpener.
func (o opener) Open(ctx context.Context, partition int32, progress func(read, of int64)) (OwnedLedger, error) {
	l, err := o.Store.Open(ctx, partition, progress)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// freeze is SIGSTOP: nothing leaves the worker any more, and it learns nothing.
// Its clock goes on, as a stopped process's does.
func (w *worker) freeze() {
	w.sender.freeze()
	w.group.Stall()
	w.ledger.Stall()
}

// thaw is SIGCONT. The worker goes on with what it was doing before it hears
// from the group, as it may after waking.
func (w *worker) thaw() {
	w.ledger.Mend()
	w.sender.thaw()
	time.AfterFunc(3*time.Second, w.group.Mend)
}

// cut breaks its connections to the broker, for good or until it thaws.
func (w *worker) cut(forGood bool) {
	w.group.Cut(forGood)
	w.ledger.Cut(forGood)
}

// kill is SIGKILL: what was on the wire arrives, nothing else does.
func (w *worker) kill() {
	w.sender.kill()
	w.cut(true)
	w.thaw()
}
