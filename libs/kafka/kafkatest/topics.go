package kafkatest

import (
	"strconv"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// RefuseWrites returns a function that makes the broker refuse writes to topic with a
// retriable error, and one that ends that.
func RefuseWrites(cluster *kfake.Cluster, topic string) (brk, mend func()) {
	var mu sync.Mutex
	var handle *kfake.FaultHandle
	brk = func() {
		mu.Lock()
		defer mu.Unlock()
		handle = cluster.Fault(kfake.Fault{
			Keys: []kmsg.Key{kmsg.Produce}, Topic: topic, Err: kerr.NotEnoughReplicas, Count: -1,
		})
	}
	mend = func() {
		mu.Lock()
		defer mu.Unlock()
		handle.Remove()
	}
	return brk, mend
}

// ReadAll reads a topic from its start to its present end.
func ReadAll(t *testing.T, opts []kgo.Opt, topic string) (all []*kgo.Record) {
	t.Helper()
	client, err := kgo.NewClient(append(opts[:len(opts):len(opts)], kgo.ConsumeTopics(topic))...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ends, err := kadm.NewClient(client).ListEndOffsets(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	var total int64
	ends.Each(func(o kadm.ListedOffset) { total += o.Offset })
	for int64(len(all)) < total {
		all = append(all, client.PollFetches(t.Context()).Records()...)
	}
	return all
}

// LimitBatches sets a topic's max.message.bytes, as an operator may at any time.
func LimitBatches(t *testing.T, opts []kgo.Opt, topic string, limit int) {
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

// DeleteBefore deletes the records of a topic's first partition before an offset,
// as retention does.
func DeleteBefore(t *testing.T, opts []kgo.Opt, topic string, offset int64) {
	t.Helper()
	client, err := kgo.NewClient(opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	before := kadm.Offsets{}
	before.Add(kadm.Offset{Topic: topic, Partition: 0, At: offset, LeaderEpoch: -1})
	deleted, err := kadm.NewClient(client).DeleteRecords(t.Context(), before)
	if err == nil {
		err = deleted.Error()
	}
	if err != nil {
		t.Fatal(err)
	}
}
