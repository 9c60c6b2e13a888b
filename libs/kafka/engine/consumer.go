package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
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
	// Partitions that are added later, and replays, it reads from their start.
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
	// Writer is ready while what must not be lost can be written.
	Writer   interface{ Ready() error }
	Slots    *delivery.Slots
	Rate     *delivery.Rate
	Observer ports.Observer
	Log      *zap.Logger
	// Doubt tells what about an event's local time deserves an alert: code and
	// text, or none. It is called for each event of the source that asks for the
	// channel, and does no I/O. Nil doubts nothing.
	Doubt func(*domain.Event) (code, detail string)
	// Check verifies the topics before the group is joined. It returns the
	// partition count of the source.
	Check func(ctx context.Context) (partitions int, err error)
	// Client are the options that every client of the process shares.
	Client []kgo.Opt
}

// Consumer reads the lanes that its group assigns and takes every record to
// its outcome. It is used once: Run it.
type Consumer struct {
	cfg Config
	Deps
	decoder *domain.Decoder
	ready   *readyList
	intake  intake
	jobs    chan job
	// committing is held by the commit under way.
	committing chan struct{}
	keys       kgo.TopicPartitioner

	client     *kgo.Client
	reader     reader
	partitions int
	polled     atomic.Int64
	mismatch   atomic.Pointer[error]
	unread     atomic.Pointer[unread]
	faults     faultLog
	joined     atomic.Bool
	leaving    atomic.Bool

	// ctx lives until the last send has ended; fatal ends Run with an error.
	ctx   context.Context
	fatal context.CancelCauseFunc

	mu    sync.Mutex
	lanes map[int32]*lane
}

// NewConsumer returns a consumer. It does no I/O.
func NewConsumer(cfg Config, deps Deps) *Consumer {
	return &Consumer{
		cfg: cfg, Deps: deps, decoder: domain.NewDecoder(), ready: newReadyList(),
		jobs: make(chan job), committing: make(chan struct{}, 1),
		keys: kgo.StickyKeyPartitioner(nil).ForTopic(cfg.Source), lanes: map[int32]*lane{},
		faults: faultLog{log: deps.Log, known: map[string]*told{}},
	}
}

// Run reads until ctx is over, then drains: nothing new starts, sends under way
// end within the drain time-out, the watermark is committed, the group is left.
// It returns nil after a drain and an error when the consumer cannot go on.
func (c *Consumer) Run(ctx context.Context) error {
	partitions, err := c.awaitTopics(ctx)
	if err != nil || ctx.Err() != nil {
		return err
	}
	if err := c.awaitStart(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	c.partitions = partitions
	c.ctx, c.fatal = context.WithCancelCause(context.Background())
	defer c.fatal(nil)
	if err := c.connect(); err != nil {
		return fmt.Errorf("configure the consumer group: %w", err)
	}
	working, stop := context.WithCancel(ctx)
	defer stop()
	context.AfterFunc(c.ctx, stop)
	var loops sync.WaitGroup
	loops.Go(func() { c.orStop("the poll loop", func() { c.poll(working) }) })
	loops.Go(func() { c.orStop("the dispatcher", func() { c.dispatch(working) }) })
	loops.Go(func() { c.orStop("the commit loop", func() { c.commitLoop(working) }) })
	loops.Go(func() { c.orStop("the check of the topics", func() { c.watchTopics(working) }) })
	loops.Go(func() { c.orStop("the loop that reads again", func() { c.retryLoop(working) }) })
	<-working.Done()
	c.shutdown(&loops)
	if cause := context.Cause(c.ctx); cause != nil {
		return cause
	}
	return nil
}

// connect makes the client, which joins the group by itself. Its callbacks take
// mu first, and so find the client that calls them.
func (c *Consumer) connect() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	client, err := kgo.NewClient(c.options()...)
	if err != nil {
		return err
	}
	c.client, c.reader = client, client
	return nil
}

func (c *Consumer) options() []kgo.Opt {
	opts := append(c.Client[:len(c.Client):len(c.Client)],
		kgo.ConsumerGroup(c.cfg.Group),
		kgo.ConsumeTopics(c.cfg.Source, c.cfg.Replay),
		kgo.Balancers(newLaneBalancer(string(c.cfg.Channel), c.cfg.Source, c.cfg.Replay)),
		kgo.DisableAutoCommit(),
		kgo.BlockRebalanceOnPoll(),
		kgo.OnPartitionsAssigned(c.assigned),
		kgo.OnPartitionsRevoked(c.revoked),
		kgo.OnPartitionsLost(c.lost),
		kgo.OnOffsetsFetched(c.fetched),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()), // awaitStart has committed any other
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(),
		// A partition that is resumed is not read before the fetch under way ends,
		// and that one may wait for nothing but the empty replay topic. What is
		// buffered when a partition pauses is fetched again, so it is kept small.
		kgo.FetchMaxWait(100*time.Millisecond),
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

// awaitTopics checks the topics and waits while no broker answers.
func (c *Consumer) awaitTopics(ctx context.Context) (int, error) {
	for pause := time.Second; ; pause = min(2*pause, 15*time.Second) {
		partitions, err := c.Check(ctx)
		if err == nil {
			return partitions, nil
		}
		var unreachable *kafkaclient.UnreachableError
		if !errors.As(err, &unreachable) {
			return 0, err
		}
		c.Log.Warn("cannot reach Kafka, trying again", zap.Error(err), zap.Duration("in", pause))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return 0, nil
		}
	}
}

// poll moves records from the client into the lanes. Only what lies between
// PollRecords and AllowRebalance is protected from a rebalance, and nothing in
// there blocks.
func (c *Consumer) poll(ctx context.Context) {
	pace(ctx, func() bool {
		c.polled.Store(time.Now().UnixNano())
		return c.pollOnce(ctx)
	})
}

// pace repeats do until ctx is over. It waits, longer each time, after a turn
// that reports that another one at once would be of no use: an error may come
// back as fast as it is asked for.
func pace(ctx context.Context, do func() (again bool)) {
	var pause time.Duration
	for ctx.Err() == nil {
		if do() {
			pause = 0
			continue
		}
		pause = min(max(2*pause, minFaultPause), maxFaultPause)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// pollOnce reports whether there is reason to poll again at once: it brought
// something else than errors.
func (c *Consumer) pollOnce(ctx context.Context) (again bool) {
	timed, cancel := context.WithTimeout(ctx, c.cfg.PollTimeout)
	defer cancel()
	fetches := c.client.PollRecords(timed, c.cfg.MaxPollRecords)
	defer c.client.AllowRebalance()
	failed, read := false, false
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		if len(p.Records) > 0 {
			c.register(p)
			read = true
		}
	})
	fetches.EachError(func(topic string, p int32, err error) {
		failed = !c.readError(topic, p, err) || failed
	})
	return read || !failed
}
