package engine

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Config is how one channel's group reads.
type Config struct {
	Channel        domain.Channel
	Source, Replay string
	Group          string
	// InstanceID makes the member static; empty is dynamic.
	InstanceID string
	// FromLatest starts a group that never committed at the end of the source.
	// Partitions that are added later, and replays, are read from their start.
	FromLatest     bool
	MaxPollRecords int
	PollTimeout    time.Duration
	SessionTimeout time.Duration
	// DrainTimeout bounds how long revoke and shutdown wait for sends under way.
	DrainTimeout time.Duration
}

// Deps are what a Consumer works with.
type Deps struct {
	Deliverer *delivery.Deliverer
	Ledgers   LedgerOpener
	// Writer is ready while ledger records, dead letters and outcomes can be written.
	Writer   interface{ Ready() error }
	Slots    *delivery.Slots
	Rate     *delivery.Rate
	Observer ports.Observer
	Log      *zap.Logger
	// Doubts check an event's local time and language. Each returns the code and text
	// of an alert, or an empty code. They are called for each event of the source that
	// asks for the channel, and do no I/O.
	Doubts []func(*domain.Event) (code, detail string)
	// Check verifies the topics before the group is joined. It returns the
	// partition count of the source.
	Check func(ctx context.Context) (partitions int, err error)
	// Client are the options that every client of the process shares.
	Client []kgo.Opt
}

// Consumer reads the lanes that its group assigns and takes every record to
// its outcome. It is used once: Run it.
type Consumer struct {
	cfg  Config
	deps Deps
	life *lifetime

	lanes      *laneSet
	scout      *scout
	registrar  *registrar
	dispatcher *dispatcher
	commits    *committer
	member     *member
	reading    *reading
	expiry     *expiry
	topics     *topicWatch

	client *kgo.Client
	// polled is when the poll loop turned last.
	polled atomic.Int64
}

// NewConsumer returns a consumer. It does no I/O.
func NewConsumer(cfg Config, deps Deps) *Consumer {
	c := &Consumer{cfg: cfg, deps: deps, life: newLifetime(deps.Log), lanes: newLaneSet(cfg.Source, deps.Rate)}
	faults := newFaultLog(deps.Log)
	c.expiry = newExpiry(&c.cfg, &c.deps, c.lanes)
	c.registrar = newRegistrar(c.life, &c.cfg, c.lanes, c.expiry, &c.deps)
	c.dispatcher = &dispatcher{lifetime: c.life, ready: c.lanes.ready, slots: deps.Slots, deliverer: deps.Deliverer, jobs: make(chan job)}
	c.commits = &committer{lifetime: c.life, lanes: c.lanes, faults: faults, source: cfg.Source, session: cfg.SessionTimeout, busy: make(chan struct{}, 1)}
	c.scout = &scout{
		lifetime: c.life, channel: cfg.Channel, observer: deps.Observer, faults: faults, source: cfg.Source,
		decoder: domain.NewDecoder(), opts: deps.Client, turns: make(chan struct{}, lookers),
	}
	keeper := &keeper{lifetime: c.life, ledgers: deps.Ledgers, commits: c.commits, scout: c.scout}
	c.member = &member{lifetime: c.life, lanes: c.lanes, keeper: keeper, commits: c.commits, drain: cfg.DrainTimeout}
	c.reading = &reading{lifetime: c.life, cfg: &c.cfg, lanes: c.lanes, expiry: c.expiry, faults: faults, whole: map[string]*unread{}}
	c.topics = &topicWatch{lifetime: c.life, check: deps.Check, source: cfg.Source}
	return c
}

// Run reads until ctx is over, then drains: nothing new starts, sends under way
// end within the drain timeout, the watermark is committed, the group is left.
// It returns nil after a drain and an error when the consumer cannot go on.
func (c *Consumer) Run(ctx context.Context) error {
	defer c.life.fatal(nil)
	partitions, err := c.awaitTopics(ctx)
	if err != nil || ctx.Err() != nil {
		return err
	}
	if err := c.awaitStart(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	c.lanes.partitions = partitions
	if err := c.connect(); err != nil {
		return fmt.Errorf("configure the consumer group: %w", err)
	}
	working, stop := context.WithCancel(ctx)
	defer stop()
	context.AfterFunc(c.life.ctx, stop)
	var loops sync.WaitGroup
	for what, loop := range map[string]func(context.Context){
		"the poll loop": c.poll, "the dispatcher": c.dispatcher.run, "the commit loop": c.commits.run, "the loop that reads again": c.reading.run,
		"the check of the topics":     func(ctx context.Context) { c.topics.run(ctx, partitions) },
		"the look for deleted events": func(ctx context.Context) { c.expiry.run(ctx, c.client) },
	} {
		loops.Go(func() { c.life.orStop(what, func() { loop(working) }) })
	}
	<-working.Done()
	c.shutdown(&loops)
	return context.Cause(c.life.ctx)
}

// connect makes the client, which joins the group by itself. Its callbacks take the
// lanes' lock first, and so cannot run before the client is stored.
func (c *Consumer) connect() error {
	c.lanes.mu.Lock()
	defer c.lanes.mu.Unlock()
	client, err := kgo.NewClient(c.options()...)
	if err != nil {
		return err
	}
	c.client, c.commits.client, c.scout.client, c.lanes.reader = client, client, client, client
	return nil
}

func (c *Consumer) options() []kgo.Opt {
	opts := append(c.deps.Client[:len(c.deps.Client):len(c.deps.Client)],
		kgo.ConsumerGroup(c.cfg.Group),
		kgo.ConsumeTopics(c.cfg.Source, c.cfg.Replay),
		kgo.Balancers(newLaneBalancer(string(c.cfg.Channel), c.cfg.Source, c.cfg.Replay)),
		kgo.DisableAutoCommit(),
		kgo.BlockRebalanceOnPoll(),
		kgo.OnPartitionsAssigned(c.member.assigned),
		kgo.OnPartitionsRevoked(c.member.revoked),
		kgo.OnPartitionsLost(c.member.lost),
		kgo.OnOffsetsFetched(c.reading.fetched),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()), // awaitStart has committed any other
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(),
		// Without its errors a partition that has no leader is neither seen nor
		// paused, and the client asks for it again as fast as the broker refuses.
		kgo.KeepRetryableFetchErrors(),
		// A partition that is resumed is not read before the current fetch ends, and
		// that fetch may be waiting for the empty replay topic only. What is fetched of
		// a full partition is held (prefetched.go), so fetches are kept small.
		kgo.FetchMaxWait(100*time.Millisecond),
		kgo.WithPools(&recordPool{}),
		kgo.FetchMaxBytes(4<<20), kgo.FetchMaxPartitionBytes(128<<10),
		kgo.SessionTimeout(c.cfg.SessionTimeout),
		kgo.HeartbeatInterval(min(3*time.Second, c.cfg.SessionTimeout/3)),
		kgo.RebalanceTimeout(3*c.cfg.DrainTimeout+10*time.Second),
	)
	if c.cfg.InstanceID != "" {
		opts = append(opts, kgo.InstanceID(c.cfg.InstanceID))
	}
	return opts
}
