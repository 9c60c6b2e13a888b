package kafka

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/portstest"
)

// broker is an in-memory broker on an in-memory network.
func broker(t *testing.T, topics ...string) (*kfake.Cluster, []kgo.Opt) {
	t.Helper()
	return brokerOf(t, 1, topics...)
}

func brokerOf(t *testing.T, partitions int32, topics ...string) (*kfake.Cluster, []kgo.Opt) {
	t.Helper()
	var network kfake.VirtualNetwork
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.ListenFn(network.Listen), kfake.SeedTopics(partitions, topics...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return cluster, []kgo.Opt{kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.DisableClientMetrics(), kgo.Dialer(network.DialContext)}
}

// producer returns a producer that is closed before the broker is.
func producer(t *testing.T, opts []kgo.Opt) *Producer {
	t.Helper()
	p, err := NewProducer(10*time.Second, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		_ = p.Close(ctx)
	})
	return p
}

// owner opens the ledger with a producer of its own, as another process would.
func owner(t *testing.T, opts []kgo.Opt) ports.Ledger {
	t.Helper()
	store := &LedgerStore{Topic: rigLedger, Channel: domain.Email, Producer: producer(t, opts), Reader: opts}
	l, err := store.Open(t.Context(), 0, unseen)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestTheLedgerKeepsItsContract(t *testing.T) {
	portstest.TestLedger(t, func(t *testing.T) portstest.LedgerHarness {
		_, opts := broker(t, rigLedger)
		return portstest.LedgerHarness{
			Ledger:   owner(t, opts),
			TakeOver: func(t *testing.T) ports.Ledger { return owner(t, opts) },
		}
	})
}

// unseen is the progress that no test looks at.
func unseen(int64, int64) {}
