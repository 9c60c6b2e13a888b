package kafkatest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/testcontainers/testcontainers-go"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"
)

// nodes is the size of a cluster, and replicas that of its topics.
const nodes = 3

// Cluster is three brokers that are controllers too, as OPERATIONS.md describes them: three copies, two of which are
// needed for a write, and no unclean election. Whatever the brokers say to each other, and whatever the programs under
// test say to them, goes through links that a test can cut and slow down. Linux only: the brokers share the host's
// network, because each has to find the others by links of its own.
type Cluster struct {
	// Nodes are the brokers, by id less one. Their addresses lead past the links.
	Nodes []*Broker

	links links
}

// NewCluster starts a cluster for one test and removes it when the test ends. It skips the test where no real Kafka can
// be had, or the system is no Linux, which with CI=true is a failure.
func NewCluster(t testing.TB) *Cluster {
	t.Helper()
	if runtime.GOOS != "linux" && !InCI() {
		t.Skip("a cluster needs Linux")
	}
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	c := &Cluster{}
	t.Cleanup(func() {
		if err := c.close(); err != nil {
			t.Errorf("kafkatest: %v", err)
		}
	})
	err := c.start(ctx)
	if errors.Is(err, errUnavailable) && !InCI() {
		t.Skipf("needs a real Kafka: %v", err)
	}
	if err != nil {
		t.Fatalf("kafkatest: %v", err)
	}
	return c
}

func (c *Cluster) start(ctx context.Context) (err error) {
	all := make([]nodePorts, nodes)
	for i := range all {
		if all[i], err = chooseNodePorts(); err != nil {
			return err
		}
	}
	if c.links, err = openLinks(all); err != nil {
		return err
	}
	c.Nodes = make([]*Broker, nodes)
	var starting errgroup.Group
	for i := range all {
		starting.Go(func() error { return c.startNode(ctx, i, all) })
	}
	return starting.Wait()
}

// startNode has an engine of its own, because removing the node closes it.
func (c *Cluster) startNode(ctx context.Context, i int, all []nodePorts) error {
	engine, err := prepare(ctx)
	if err != nil {
		return err
	}
	node := &Broker{id: int32(i) + 1, addr: address(all[i].direct)}
	c.Nodes[i], err = start(ctx, engine, node, nodeRequest(i, all))
	return err
}

// Addr returns where the programs under test find the brokers, by links.
func (c *Cluster) Addr() string { return c.links.addr }

// Client returns a client that reaches every broker past the links, closed when the test ends.
func (c *Cluster) Client(t testing.TB, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	seeds := make([]string, 0, nodes)
	for _, node := range c.Nodes {
		seeds = append(seeds, node.addr)
	}
	client, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(seeds...)}, opts...)...)
	if err != nil {
		t.Fatalf("kafka client: %v", err)
	}
	t.Cleanup(client.Close)
	return client
}

// Admin returns an administration client like Client's.
func (c *Cluster) Admin(t testing.TB) *kadm.Client {
	t.Helper()
	return kadm.NewClient(c.Client(t))
}

// Node returns the broker with an id.
func (c *Cluster) Node(id int32) *Broker { return c.Nodes[id-1] }

func (c *Cluster) close() error {
	c.links.close()
	var errs []error
	for _, node := range c.Nodes {
		if node != nil {
			errs = append(errs, node.close())
		}
	}
	return errors.Join(errs...)
}

// nodePorts are the ports of one broker: for programs under test, for the tests themselves, for its peers, and of its
// controller. The broker listens on each at host, the links at other loopback addresses.
type nodePorts struct{ client, direct, peer, controller uint16 }

func chooseNodePorts() (p nodePorts, err error) {
	for _, port := range []*uint16{&p.client, &p.direct, &p.peer, &p.controller} {
		if *port, err = freePort(); err != nil {
			return nodePorts{}, err
		}
	}
	return p, nil
}

func nodeRequest(i int, all []nodePorts) testcontainers.GenericContainerRequest {
	return testcontainers.GenericContainerRequest{
		Started: true,
		ContainerRequest: testcontainers.ContainerRequest{
			Image:  Image(),
			Env:    nodeEnvironment(i, all),
			Labels: ownerLabels(),
			HostConfigModifier: func(c *container.HostConfig) {
				c.NetworkMode = "host"
				c.ExtraHosts = []string{peerName + ":" + linkHost(i)}
			},
		},
	}
}

// nodeEnvironment returns the settings of one broker. All of them know the others by one name, which leads each to its
// own side of the links.
func nodeEnvironment(i int, all []nodePorts) map[string]string {
	env, own := environment("", ""), all[i]
	voters := make([]string, len(all))
	for j, p := range all {
		voters[j] = fmt.Sprintf("%d@%s:%d", j+1, peerName, p.controller)
	}
	maps.Copy(env, map[string]string{
		"KAFKA_NODE_ID": fmt.Sprint(i + 1),
		"KAFKA_LISTENERS": fmt.Sprintf("PLAINTEXT://%s,DETOUR://%s,INTERNAL://%s,CONTROLLER://%s",
			address(own.client), address(own.direct), address(own.peer), address(own.controller)),
		"KAFKA_ADVERTISED_LISTENERS": fmt.Sprintf("PLAINTEXT://%s:%d,DETOUR://%s,INTERNAL://%s:%d",
			clientHost, own.client, address(own.direct), peerName, own.peer),
		"KAFKA_CONTROLLER_QUORUM_VOTERS": strings.Join(voters, ","),
		"KAFKA_HEAP_OPTS":                "-Xmx384M -Xms192M",
		"KAFKA_MIN_INSYNC_REPLICAS":      "2",
	})
	for _, topic := range []string{"OFFSETS_TOPIC", "TRANSACTION_STATE_LOG", "SHARE_COORDINATOR_STATE_TOPIC"} {
		env["KAFKA_"+topic+"_REPLICATION_FACTOR"] = fmt.Sprint(nodes)
	}
	for _, log := range []string{"TRANSACTION_STATE_LOG", "SHARE_COORDINATOR_STATE_TOPIC"} {
		env["KAFKA_"+log+"_MIN_ISR"] = "2"
	}
	return env
}

// AwaitWhole returns when every copy of every partition is in sync again and each partition has a leader.
func (c *Cluster) AwaitWhole(t testing.TB, admin *kadm.Client) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	for {
		missing, err := c.missing(ctx, admin)
		if err == nil && missing == "" {
			return
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("the cluster did not become whole again: %s %v", missing, err)
		}
	}
}

// missing names a partition that lacks a copy or its leader.
func (c *Cluster) missing(ctx context.Context, admin *kadm.Client) (string, error) {
	metadata, err := admin.Metadata(ctx)
	if err != nil {
		return "", err
	}
	if n := len(metadata.Brokers); n != nodes {
		return fmt.Sprintf("%d brokers", n), nil
	}
	for _, topic := range metadata.Topics {
		for _, p := range topic.Partitions {
			if p.Err != nil || p.Leader < 0 || len(p.ISR) != len(p.Replicas) {
				return fmt.Sprintf("%s/%d: leader %d, in sync %v of %v, %v", topic.Topic, p.Partition, p.Leader, p.ISR, p.Replicas, p.Err), nil
			}
		}
	}
	return "", nil
}
