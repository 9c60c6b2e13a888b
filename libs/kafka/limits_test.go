package kafka

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// limitBatches sets what an operator may set on a topic at any time.
func limitBatches(t *testing.T, opts []kgo.Opt, topic string, limit int) {
	t.Helper()
	client, err := kgo.NewClient(opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	value := strconv.Itoa(limit)
	altered, err := kadm.NewClient(client).AlterTopicConfigs(t.Context(), []kadm.AlterConfig{{Name: "max.message.bytes", Value: &value}}, topic)
	if err == nil {
		_, err = altered.On(topic, func(r *kadm.AlterConfigsResponse) error { return r.Err })
	}
	if err != nil {
		t.Fatal(err)
	}
}

// burst writes n records at once and waits for all of them.
func burst(t *testing.T, p *Producer, topic string, n int) (failed []error) {
	t.Helper()
	acked := make(chan error, n)
	for i := range n {
		p.produce(&kgo.Record{Topic: topic, Key: fmt.Append(nil, "a-", i), Value: bytes.Repeat([]byte("x"), 400)}, func(_ *kgo.Record, err error) { acked <- err })
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
			cluster, opts := broker(t, rigLedger)
			if secret {
				cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.DescribeConfigs}, Err: kerr.TopicAuthorizationFailed, Count: -1})
			}
			p := producer(t, opts)
			written := 0
			for _, limit := range []int{1048588, 60000, 4096, 1500, 200000} {
				limitBatches(t, opts, rigLedger, limit)
				if failed := burst(t, p, rigLedger, 3000); len(failed) > 0 {
					t.Errorf("limit %d: %d of 3000 records were not written: %v", limit, len(failed), failed[0])
				}
				written += 3000
			}
			if n := len(readAll(t, opts, rigLedger)); n != written {
				t.Errorf("%d records are in the topic, want %d", n, written)
			}
		})
	}
}

// Once a refusal has told the limit, batches keep to it: a burst is not refused
// again and again.
func TestARefusedBatchTeachesTheLimit(t *testing.T) {
	cluster, opts := broker(t, rigLedger)
	p := producer(t, opts)
	limitBatches(t, opts, rigLedger, 4096)
	burst(t, p, rigLedger, 3000)
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
	burst(t, p, rigLedger, 3000)
	if n := tooLarge.Hits(); n > 0 {
		t.Errorf("%d batches were too large again", n)
	}
}

// What is too large by itself is refused, and stops nothing else.
func TestARecordThatIsTooLargeAloneIsRefused(t *testing.T) {
	_, opts := broker(t, rigLedger)
	limitBatches(t, opts, rigLedger, 1000)
	p := producer(t, opts)
	noise := make([]byte, 0, 4000)
	for i := range 1000 {
		noise = fmt.Append(noise, i*7919%104729)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := p.produceSync(ctx, &kgo.Record{Topic: rigLedger, Value: noise}); !errors.Is(err, kerr.MessageTooLarge) {
		t.Errorf("a record above the limit: %v", err)
	}
	if err := p.produceSync(ctx, &kgo.Record{Topic: rigLedger, Value: bytes.Repeat([]byte("x"), 4000)}); err != nil {
		t.Errorf("a record that fits compressed: %v", err)
	}
	if failed := burst(t, p, rigLedger, 100); len(failed) > 0 {
		t.Errorf("%d others were refused with it: %v", len(failed), failed[0])
	}
}

// A burst of claims between two limits was refused, the lane was opened anew,
// and the same burst came again.
func TestABurstOfClaimsFitsItsLedger(t *testing.T) {
	inRig(t, rigConfig{concurrency: 256}, func(r *rig) {
		limitBatches(r.t, r.opts, rigLedger, 20000)
		r.provider.latency = func() time.Duration { return 10 * time.Millisecond }
		r.backlog(1000)
		w := r.start()
		r.untilDone(time.Minute)
		r.wantDone(1000)
		if n := r.provider.sends(); n != 1000 || w.consumer.Ready() != nil {
			t.Errorf("%d calls, ready: %v", n, w.consumer.Ready())
		}
	})
}
