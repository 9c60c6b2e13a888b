package replay

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// ErrHeld means that another process has the job lock.
var ErrHeld = errors.New("another job is running")

// lockSession is how long a process that died keeps the lock: the shortest session that
// brokers allow by default.
const lockSession = 6 * time.Second

// lock is the right to run a job: membership of a consumer group that owns the
// one partition of the resolutions topic. The sticky balancer leaves it with
// its present owner.
type lock struct {
	client *kgo.Client
	// lost is closed when the group took the lock away.
	lost chan struct{}
	once sync.Once
}

// acquire joins group and returns ErrHeld when another member owns topic. A
// member that died still counts until its session ends, so that this takes up
// to lockSession.
func acquire(ctx context.Context, group, topic string, opts ...kgo.Opt) (*lock, error) {
	l := &lock{lost: make(chan struct{})}
	first := make(chan bool, 1)
	trouble := make(chan error, 1)
	client, err := kgo.NewClient(append(append([]kgo.Opt(nil), opts...),
		kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic), kgo.DisableAutoCommit(),
		kgo.Balancers(kgo.CooperativeStickyBalancer()),
		kgo.SessionTimeout(lockSession), kgo.RebalanceTimeout(lockSession), kgo.HeartbeatInterval(500*time.Millisecond),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, assigned map[string][]int32) {
			offer(first, len(assigned[topic]) > 0)
		}),
		kgo.OnPartitionsRevoked(l.onLoss(topic)), kgo.OnPartitionsLost(l.onLoss(topic)),
		kgo.WithHooks(groupTrouble(func(err error) { offer(trouble, err) })),
	)...)
	if err != nil {
		return nil, fmt.Errorf("make a Kafka client: %w", err)
	}
	l.client = client
	client.PauseFetchTopics(topic) // only the membership is needed
	return l, l.await(ctx, group, first, trouble)
}

func (l *lock) await(ctx context.Context, group string, first <-chan bool, trouble <-chan error) error {
	var last error
	for {
		select {
		case owner := <-first:
			if owner {
				return nil
			}
			l.release()
			return ErrHeld
		case last = <-trouble:
			if errors.Is(last, kerr.GroupAuthorizationFailed) {
				l.release()
				return fmt.Errorf("join group %s: %w", group, last)
			}
		case <-ctx.Done():
			l.release()
			return fmt.Errorf("join group %s: %w", group, errors.Join(ctx.Err(), last))
		}
	}
}

func (l *lock) onLoss(topic string) func(context.Context, *kgo.Client, map[string][]int32) {
	return func(_ context.Context, _ *kgo.Client, gone map[string][]int32) {
		if len(gone[topic]) > 0 {
			l.once.Do(func() { close(l.lost) })
		}
	}
}

// release gives the lock up.
func (l *lock) release() { l.client.Close() }

// offer sends v if that is possible without waiting.
func offer[T any](c chan T, v T) {
	select {
	case c <- v:
	default:
	}
}

// groupTrouble is called with the errors of the group's management.
type groupTrouble func(error)

// OnGroupManageError implements kgo.HookGroupManageError.
func (f groupTrouble) OnGroupManageError(err error) { f(err) }
