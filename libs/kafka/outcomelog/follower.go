package outcomelog

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/receipts"
)

// GroupSuffix is appended to the name of the worker's group to name the group that
// follows the outcomes.
const GroupSuffix = "-receipts"

// Config says what is followed.
type Config struct {
	Channel domain.Channel
	Topic   string
	// Group is the consumer group, with GroupSuffix.
	Group string
	// InstanceID is empty for dynamic membership.
	InstanceID     string
	SessionTimeout time.Duration
	// Commit is how often progress is committed.
	Commit time.Duration
	// Horizon is how far back the first start begins.
	Horizon time.Duration
	// Whole lets each start begin at the horizon, instead of at the commit: the fate of
	// a message may change after it was final, and only a process that remembers the
	// message notices it.
	Whole bool
}

// Deps are what a Follower works with.
type Deps struct {
	Watcher  *receipts.Watcher
	Observer ports.Observer
	Log      *zap.Logger
	// Client are the options of the group's client; Reader reads the records that exist
	// at the start.
	Client []kgo.Opt
	Reader *kgo.Client
}

// Follower passes the records of the group's partitions of the outcomes topic to a
// Watcher.
type Follower struct {
	cfg  Config
	deps Deps
	log  *zap.Logger
	// loading bounds how many partitions are loaded at once.
	loading chan struct{}

	mu         sync.Mutex
	partitions map[int32]*partition
}

// concurrentLoads is how many partitions are loaded at once: each needs two buffers of
// loadBytes.
const concurrentLoads = 2

// New returns a Follower; Run lets it work.
func New(cfg Config, deps Deps) *Follower {
	return &Follower{
		cfg: cfg, deps: deps, log: deps.Log.Named("receipts"),
		loading: make(chan struct{}, concurrentLoads), partitions: map[int32]*partition{},
	}
}

// commitTimeout bounds one commit.
const commitTimeout = 10 * time.Second

// Run follows until ctx is over. It returns an error only when its settings cannot be
// used.
func (f *Follower) Run(ctx context.Context) error {
	client, err := kgo.NewClient(append(f.deps.Client[:len(f.deps.Client):len(f.deps.Client)], f.options()...)...)
	if err != nil {
		return fmt.Errorf("configure the client of %s: %w", f.cfg.Group, err)
	}
	var work sync.WaitGroup
	working, stop := context.WithCancel(ctx)
	work.Go(func() { f.poll(working, client) })
	work.Go(func() { f.commits(working, client) })
	f.deps.Watcher.Run(ctx)
	stop()
	work.Wait()
	f.leave(client)
	return nil
}

// leaveTimeout bounds the last commit and the leaving of the group, even if no broker
// answers.
const leaveTimeout = 3 * time.Second

func (f *Follower) leave(client *kgo.Client) {
	ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
	defer cancel()
	left := make(chan struct{})
	go func() {
		defer close(left)
		f.commit(ctx, client, f.all())
		client.Close()
	}()
	select {
	case <-left:
	case <-ctx.Done():
		f.log.Warn("the group of the receipts could not be left in time; its session will time out")
	}
	for _, p := range f.all() {
		p.close()
	}
}

func (f *Follower) options() []kgo.Opt {
	opts := []kgo.Opt{
		kgo.ConsumerGroup(f.cfg.Group), kgo.ConsumeTopics(f.cfg.Topic), kgo.DisableAutoCommit(),
		kgo.Balancers(kgo.CooperativeStickyBalancer()), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.SessionTimeout(f.cfg.SessionTimeout), kgo.HeartbeatInterval(min(3*time.Second, f.cfg.SessionTimeout/3)),
		kgo.AdjustFetchOffsetsFn(f.begin), kgo.OnPartitionsRevoked(f.revoked), kgo.OnPartitionsLost(f.lost),
		kgo.FetchMaxPartitionBytes(1 << 20), kgo.FetchMinBytes(gatheredBytes), kgo.FetchMaxWait(gathering),
	}
	if f.cfg.InstanceID != "" {
		opts = append(opts, kgo.InstanceID(f.cfg.InstanceID))
	}
	return opts
}

// A broker answers a fetch once gatheredBytes have come or gathering has passed. The
// first receipt is asked for much later. Answered as soon as there is one record, this
// group alone would make hundreds of requests a second while the worker sends.
const (
	gatheredBytes = 256 << 10
	gathering     = 500 * time.Millisecond
)

// The pauses after polls that bring nothing but errors.
const firstPause, longestPause = 100 * time.Millisecond, 5 * time.Second

// poll hands on the records that are written from now on.
func (f *Follower) poll(ctx context.Context, client *kgo.Client) {
	for pause := firstPause; ctx.Err() == nil; {
		fetches := client.PollFetches(ctx)
		var failed error
		fetches.EachError(func(_ string, _ int32, err error) {
			if !errors.Is(err, context.Canceled) {
				failed = err
			}
		})
		fetches.EachRecord(func(r *kgo.Record) {
			if p := f.partition(r.Partition); p != nil {
				p.follow(ctx, r)
			}
		})
		if failed == nil {
			pause = firstPause
			continue
		}
		f.deps.Observer.Alert(f.cfg.Channel, "receipts.log", "the outcomes cannot be followed, trying again: "+failed.Error())
		select {
		case <-time.After(pause):
			pause = min(2*pause, longestPause)
		case <-ctx.Done():
		}
	}
}

func (f *Follower) revoked(ctx context.Context, client *kgo.Client, gone map[string][]int32) {
	var all []*partition
	for _, number := range gone[f.cfg.Topic] {
		if p := f.partition(number); p != nil {
			all = append(all, p)
		}
	}
	f.commit(ctx, client, all)
	f.lost(ctx, client, gone)
}

func (f *Follower) lost(_ context.Context, _ *kgo.Client, gone map[string][]int32) {
	for _, number := range gone[f.cfg.Topic] {
		f.close([]*partition{f.take(number)})
	}
}

func (f *Follower) partition(number int32) *partition {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.partitions[number]
}

// take removes and returns a partition; nil if it was not ours.
func (f *Follower) take(number int32) *partition {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.partitions[number]
	delete(f.partitions, number)
	return p
}

func (f *Follower) all() (all []*partition) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.partitions {
		all = append(all, p)
	}
	return all
}

func (f *Follower) close(all []*partition) {
	for _, p := range all {
		if p != nil {
			p.close()
		}
	}
}
