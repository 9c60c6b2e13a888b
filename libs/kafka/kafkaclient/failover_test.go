package kafkaclient_test

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkatest"
)

// A leader dies without a word, and some time later another broker leads in its
// place. Whatever the client is doing at that moment, it writes there soon.
func TestAnotherLeaderIsFoundSoon(t *testing.T) {
	const topic, soon = "ledger", 2500 * time.Millisecond
	for elected := 3 * time.Second; elected < 15*time.Second; elected += 1100 * time.Millisecond {
		t.Run(elected.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var network kfake.VirtualNetwork
				cluster, err := kfake.NewCluster(kfake.Ports(9092, 9093), kfake.ListenFn(network.Listen), kfake.SeedTopics(1, topic))
				if err != nil {
					t.Fatal(err)
				}
				defer cluster.Close()
				dead := cluster.LeaderFor(topic, 0)
				link := &kafkatest.Link{Network: &network}
				client := newClient(t, cluster, func(ctx context.Context, name, addr string) (net.Conn, error) {
					if addr == cluster.ListenAddrs()[dead] {
						return link.Dial(ctx, name, addr)
					}
					return network.DialContext(ctx, name, addr)
				})
				defer client.Close()
				write := func() error { return client.ProduceSync(t.Context(), &kgo.Record{Topic: topic}).FirstErr() }
				if err := write(); err != nil {
					t.Fatal(err)
				}
				link.Cut(true)
				written := make(chan error, 1)
				go func() { written <- write() }()
				<-time.After(elected)
				synctest.Wait()
				if err := cluster.MoveTopicPartition(topic, 0, 1-dead); err != nil {
					t.Fatal(err)
				}
				begin := time.Now()
				if err := <-written; err != nil {
					t.Fatal(err)
				}
				if took := time.Since(begin); took > soon {
					t.Errorf("written %s after the election", took)
				}
			})
		})
	}
}

func newClient(t *testing.T, cluster *kfake.Cluster, dial func(context.Context, string, string) (net.Conn, error)) *kgo.Client {
	t.Helper()
	opts, err := kafkaclient.Options(kafkaclient.Config{Seeds: cluster.ListenAddrs(), ClientID: "test"}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(append(opts, kgo.Dialer(dial), kgo.DisableClientMetrics(), kgo.DefaultProduceTopic("ledger"))...)
	if err != nil {
		t.Fatal(err)
	}
	return client
}
