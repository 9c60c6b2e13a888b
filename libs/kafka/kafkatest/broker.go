// Package kafkatest starts an embedded Kafka on an in-memory network for tests,
// also in virtual time.
package kafkatest

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Broker returns a broker with the given topics, each with partitions partitions, and
// the options of a client that reaches it. It ends with the test.
func Broker(t testing.TB, partitions int32, topics ...string) (*kfake.Cluster, []kgo.Opt) {
	t.Helper()
	var network kfake.VirtualNetwork
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.ListenFn(network.Listen), kfake.SeedTopics(partitions, topics...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return cluster, []kgo.Opt{kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.DisableClientMetrics(), kgo.Dialer(network.DialContext)}
}
