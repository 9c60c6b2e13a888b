package flowdemo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
)

// session is how long the broker waits for a silent member of a group. Real
// ones get 15 seconds.
const session = 2 * time.Second

// named returns the topics, with their usual names and one partition.
func named() topics.Config {
	const source = "appointments.created"
	return topics.Config{
		Source: source, DLQ: source + ".dlq", Replay: source + ".replay.{channel}", Ledger: "notifications.{channel}.ledger",
		Outcomes:        "notifications.outcomes",
		LedgerRetention: 216 * time.Hour, Partitions: 1, ReplicationFactor: 1,
	}
}

// broker is a Kafka inside this process, on a network of its own. It outlives
// the workers.
type broker struct {
	cluster *kfake.Cluster
	network *kfake.VirtualNetwork
	client  *kgo.Client
	admin   *kadm.Client
}

func startBroker(ctx context.Context) (*broker, error) {
	b := &broker{network: new(kfake.VirtualNetwork)}
	var err error
	b.cluster, err = kfake.NewCluster(kfake.NumBrokers(1), kfake.ListenFn(b.network.Listen), kfake.MaxVersions(kversion.V4_0_0()),
		kfake.GroupMinSessionTimeout(session))
	if err != nil {
		return nil, fmt.Errorf("start the embedded broker: %w", err)
	}
	if b.client, err = kgo.NewClient(b.over(b.network.DialContext)...); err != nil {
		return nil, err
	}
	b.admin = kadm.NewClient(b.client)
	_, err = topics.Ensure(ctx, b.admin, named())
	return b, err
}

func (b *broker) close() {
	if b.client != nil {
		b.client.Close()
	}
	b.cluster.Close()
}

type dialer = func(ctx context.Context, network, address string) (net.Conn, error)

// over returns the options of a client that dials with dial. Its timeouts are long,
// because this broker restarts a rebalance whenever a member gives up waiting for its
// answer.
func (b *broker) over(dial dialer) []kgo.Opt {
	return []kgo.Opt{
		kgo.SeedBrokers(b.cluster.ListenAddrs()...), kgo.DisableClientMetrics(), kgo.Dialer(dial),
		kgo.RequestTimeoutOverhead(time.Minute),
	}
}

// committed returns the offset at which a channel's group begins to read.
func (b *broker) committed(ctx context.Context, ch domain.Channel) (int64, error) {
	offsets, err := b.admin.FetchOffsets(ctx, group(ch))
	switch {
	case errors.Is(err, kerr.GroupIDNotFound):
		return 0, nil // the group has no members yet
	case err != nil:
		return 0, fmt.Errorf("read the group's offsets: %w", err)
	}
	at, _ := offsets.Lookup(named().Source, 0)
	return max(0, at.At), nil
}

// deadLetters reads the dead-letter topic.
func (b *broker) deadLetters(ctx context.Context) (all []*kgo.Record, err error) {
	ends, err := b.admin.ListEndOffsets(ctx, named().DLQ)
	if err != nil {
		return nil, fmt.Errorf("read the dead letters: %w", err)
	}
	end, _ := ends.Lookup(named().DLQ, 0)
	scanner := kafkaclient.NewScanner(b.client, named().DLQ, 1<<20)
	err = scanner.Read(ctx, 0, 0, end.Offset, func(r *kgo.Record) error {
		all = append(all, r)
		return nil
	})
	return all, err
}

// cable is a worker's connection to the broker. Once it is cut, nothing passes.
type cable struct {
	dial dialer

	mu    sync.Mutex
	gone  bool
	conns []net.Conn
}

var errCut = errors.New("the process is dead")

func (c *cable) connect(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := c.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		_ = conn.Close()
		return nil, errCut
	}
	c.conns = append(c.conns, conn)
	return conn, nil
}

func (c *cable) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone = true
	for _, conn := range c.conns {
		_ = conn.Close()
	}
}
