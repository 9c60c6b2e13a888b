package durable

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkatest"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// persisting writes one record with persist and returns what ends it.
func persisting(p *Producer, topic string) (cancel func(), result <-chan error) {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- p.PersistRecord(ctx, &kgo.Record{Topic: topic, Value: []byte("x")}, ports.NoObserver{}, domain.Email)
	}()
	return stop, ended
}

// A refusal belongs to the writers that wait. When the last of them is given up
// because its lane has left, nothing is refused any more.
func TestARefusalGoesWithItsLastWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster, opts := kafkatest.Broker(t, 1, dlqTopic)
		p := producer(t, opts)
		refusal := cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: dlqTopic, Err: kerr.TopicAuthorizationFailed, Count: -1})
		leave, left := persisting(p, dlqTopic)
		_, stays := persisting(p, dlqTopic)
		tick(time.Minute)
		if err := p.Ready(); err == nil || !strings.Contains(err.Error(), dlqTopic) {
			t.Errorf("ready while two writers are refused: %v", err)
		}
		leave()
		if err := <-left; !errors.Is(err, kerr.TopicAuthorizationFailed) {
			t.Errorf("a writer that was given up: %v", err)
		}
		if p.Ready() == nil {
			t.Error("ready while one writer is still refused")
		}
		refusal.Remove()
		if err := <-stays; err != nil {
			t.Errorf("a writer that stayed: %v", err)
		}
		if err := p.Ready(); err != nil {
			t.Errorf("not ready although nobody is refused: %v", err)
		}
		refusal = cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: dlqTopic, Err: kerr.TopicAuthorizationFailed, Count: -1})
		defer refusal.Remove()
		leave, left = persisting(p, dlqTopic)
		tick(time.Minute)
		leave()
		if err := <-left; err == nil {
			t.Error("a writer that was refused has succeeded")
		}
		if err := p.Ready(); err != nil {
			t.Errorf("not ready although the last writer has left: %v", err)
		}
	})
}

// Readiness names the partition that stalls, also while others are
// acknowledged all the time.
func TestAStalledPartitionIsSeenBesideBusyOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster, opts := kafkatest.Broker(t, 3, ledgerTopic)
		p := producer(t, opts)
		write := func(partition int32) {
			p.Produce(&kgo.Record{Topic: ledgerTopic, Partition: partition, Value: []byte("x")}, PromiseFunc(func(*kgo.Record, error) {}))
		}
		stall := cluster.Fault(kfake.Fault{
			Keys: []kmsg.Key{kmsg.Produce}, Topic: ledgerTopic, Partitions: []int32{1}, Err: kerr.NotEnoughReplicas, Count: -1,
		})
		for range 30 {
			write(0)
			write(1)
			write(2)
			tick(time.Second)
		}
		late := p.Overdue()
		if len(late) != 1 || late[0].Partition != 1 || late[0].For < 29*time.Second {
			t.Errorf("overdue: %+v, want partition 1 for about 30 s", late)
		}
		if err := p.Ready(); err == nil || !strings.Contains(err.Error(), ledgerTopic+"/1") {
			t.Errorf("ready: %v, want the partition that stalls", err)
		}
		stall.Remove()
		tick(time.Minute)
		if err := p.Ready(); err != nil {
			t.Errorf("not ready although all is acknowledged: %v", err)
		}
	})
}
