package durable

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkatest"
)

// burst writes n records at once and waits for all of them.
func burst(t *testing.T, p *Producer, topic string, n int) (failed []error) {
	t.Helper()
	acked := make(chan error, n)
	for i := range n {
		p.Produce(&kgo.Record{Topic: topic, Key: fmt.Append(nil, "a-", i), Value: bytes.Repeat([]byte("x"), 400)}, answer(acked))
	}
	for range n {
		select {
		case err := <-acked:
			if err != nil {
				failed = append(failed, err)
			}
		case <-time.After(time.Minute):
			t.Fatal("a burst is not acknowledged after a minute")
		}
	}
	return failed
}

// A batch keeps below its topic's own limit, whatever that is set to while the
// producer runs, and also where the broker does not say what it is.
func TestABurstOutgrowsNoTopic(t *testing.T) {
	for _, secret := range []bool{false, true} {
		t.Run(fmt.Sprintf("limit hidden: %t", secret), func(t *testing.T) {
			cluster, opts := kafkatest.Broker(t, 1, ledgerTopic)
			if secret {
				cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.DescribeConfigs}, Err: kerr.TopicAuthorizationFailed, Count: -1})
			}
			p := producer(t, opts)
			written := 0
			for _, limit := range []int{1048588, 60000, 4096, 1500, 200000} {
				kafkatest.LimitBatches(t, opts, ledgerTopic, limit)
				if failed := burst(t, p, ledgerTopic, 3000); len(failed) > 0 {
					t.Errorf("limit %d: %d of 3000 records were not written: %v", limit, len(failed), failed[0])
				}
				written += 3000
			}
			if n := len(kafkatest.ReadAll(t, opts, ledgerTopic)); n != written {
				t.Errorf("%d records are in the topic, want %d", n, written)
			}
		})
	}
}

// Once a refusal has told the limit, batches keep to it: a burst is not refused
// again and again.
func TestARefusedBatchTeachesTheLimit(t *testing.T) {
	cluster, opts := kafkatest.Broker(t, 1, ledgerTopic)
	p := producer(t, opts)
	kafkatest.LimitBatches(t, opts, ledgerTopic, 4096)
	burst(t, p, ledgerTopic, 3000)
	tooLarge := cluster.Fault(kfake.Fault{
		Keys: []kmsg.Key{kmsg.Produce}, Count: -1, Observe: true,
		When: func(req kmsg.Request) bool {
			for _, topic := range req.(*kmsg.ProduceRequest).Topics {
				for _, partition := range topic.Partitions {
					if len(partition.Records) > 4096 {
						return true
					}
				}
			}
			return false
		},
	})
	burst(t, p, ledgerTopic, 3000)
	if n := tooLarge.Hits(); n > 0 {
		t.Errorf("%d batches were too large again", n)
	}
}

// A record that is too large by itself is refused, and does not hold up others.
func TestARecordThatIsTooLargeAloneIsRefused(t *testing.T) {
	_, opts := kafkatest.Broker(t, 1, ledgerTopic)
	kafkatest.LimitBatches(t, opts, ledgerTopic, 1000)
	p := producer(t, opts)
	noise := make([]byte, 0, 4000)
	for i := range 1000 {
		noise = fmt.Append(noise, i*7919%104729)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := p.ProduceSync(ctx, &kgo.Record{Topic: ledgerTopic, Value: noise}); !errors.Is(err, kerr.MessageTooLarge) {
		t.Errorf("a record above the limit: %v", err)
	}
	if err := p.ProduceSync(ctx, &kgo.Record{Topic: ledgerTopic, Value: bytes.Repeat([]byte("x"), 4000)}); err != nil {
		t.Errorf("a record that fits compressed: %v", err)
	}
	if failed := burst(t, p, ledgerTopic, 100); len(failed) > 0 {
		t.Errorf("%d others were refused with it: %v", len(failed), failed[0])
	}
}
