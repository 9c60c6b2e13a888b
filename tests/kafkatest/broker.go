package kafkatest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/testcontainers/testcontainers-go"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Broker is one running Kafka broker. Its address, and unless it is embedded also its data, outlive Stop, Kill and
// Restart. Safe for concurrent use, except for the methods that take it away (outage.go).
type Broker struct {
	id        int32
	addr      string
	container *kafkaContainer          // nil where the broker is embedded
	embedded  *kfake.Cluster           // nil where the broker is real
	disk      testcontainers.Container // nil where the broker has none of its own
	ports     ports
}

// Addr returns the host:port that clients dial.
func (b *Broker) Addr() string { return b.addr }

// Detour returns the address at which a test may listen and the one to which it then forwards: a client that starts at
// listen is told to stay there, so that the test sees and may hold up all that it exchanges with the broker. Only real
// brokers have one.
func (b *Broker) Detour() (listen, target string) {
	return address(b.ports.detour), address(b.ports.behind)
}

// Real reports whether this is Apache Kafka and not the embedded imitation.
func (b *Broker) Real() bool { return b.container != nil }

// RequireReal skips the test where the broker is the embedded imitation. With CI=true that never happens (Main).
func (b *Broker) RequireReal(t testing.TB) {
	t.Helper()
	if !b.Real() {
		t.Skip("needs a real Kafka: run `make test`")
	}
}

// Client returns a client of the broker, closed when the test ends. The options are added to its address.
func (b *Broker) Client(t testing.TB, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(b.addr)}, opts...)...)
	if err != nil {
		t.Fatalf("kafka client: %v", err)
	}
	t.Cleanup(client.Close)
	return client
}

// Admin returns an administration client of the broker, closed when the test ends.
func (b *Broker) Admin(t testing.TB) *kadm.Client {
	t.Helper()
	return kadm.NewClient(b.Client(t))
}

// Topic creates a topic with the given number of partitions and a name that no other test uses, and returns the name.
func (b *Broker) Topic(t testing.TB, partitions int32) string {
	t.Helper()
	name := Unique(t, "topic")
	created, err := b.Admin(t).CreateTopic(t.Context(), partitions, 1, nil, name)
	if err = errors.Join(err, created.Err); err != nil {
		t.Fatalf("create topic %s: %v", name, err)
	}
	return name
}

// Unique returns a name that is legal for topics, groups and transactional ids and that no other call returns.
func Unique(t testing.TB, kind string) string {
	t.Helper()
	random := make([]byte, 4)
	if _, err := rand.Read(random); err != nil {
		t.Fatalf("random name: %v", err)
	}
	test := regexp.MustCompile(`[^a-zA-Z0-9._-]+`).ReplaceAllString(t.Name(), "-")
	return fmt.Sprintf("%.150s.%s.%s", test, kind, hex.EncodeToString(random))
}

// awaitReady returns once the broker takes part in its cluster: an open port alone says nothing, since Docker's proxy
// listens before the broker does.
func (b *Broker) awaitReady(ctx context.Context) error {
	for {
		err := b.ask(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("kafka at %s did not become ready: %w", b.addr, errors.Join(ctx.Err(), err))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// ask tries once, on a connection of its own: one that was opened before the broker listened may lead nowhere. The
// client's retries would back off for seconds, which is right for a service and slow here.
func (b *Broker) ask(ctx context.Context) error {
	const patience = 5 * time.Second
	client, err := kgo.NewClient(kgo.SeedBrokers(b.addr), kgo.RequestRetries(0),
		kgo.DialTimeout(patience), kgo.RequestTimeoutOverhead(patience))
	if err != nil {
		return err
	}
	defer client.Close()
	brokers, err := kadm.NewClient(client).ListBrokers(ctx)
	if err == nil && !slices.Contains(brokers.NodeIDs(), b.id) {
		err = fmt.Errorf("broker %d is not one of its cluster's: %v", b.id, brokers.NodeIDs())
	}
	return err
}

// close removes the broker with its data.
func (b *Broker) close() error {
	if !b.Real() {
		b.embedded.Close()
		return nil
	}
	err := b.container.remove()
	if b.disk != nil {
		err = errors.Join(err, b.disk.Terminate(context.Background(), testcontainers.StopTimeout(0)))
	}
	return err
}

func startEmbedded() (*Broker, error) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.GroupMinSessionTimeout(time.Second))
	if err != nil {
		return nil, fmt.Errorf("embedded broker: %w", err)
	}
	return &Broker{addr: cluster.ListenAddrs()[0], embedded: cluster}, nil
}
