package kafkaclient_test

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
)

// scanned is a partition on an embedded broker and what a reader must see of it.
type scanned struct {
	*testing.T
	cluster   *kfake.Cluster
	client    *kgo.Client
	txn       *kgo.Client
	committed []int64
}

const scannedTopic = "scanned"

func newScanned(t *testing.T, cleanup string) *scanned {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(3))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	s := &scanned{T: t, cluster: cluster}
	connect := func(opts ...kgo.Opt) *kgo.Client {
		client, err := kgo.NewClient(append(opts, kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.MetadataMinAge(10*time.Millisecond))...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(client.Close)
		return client
	}
	s.client, s.txn = connect(), connect(kgo.TransactionalID("test"))
	configs := map[string]*string{"cleanup.policy": &cleanup, "delete.retention.ms": kadm.StringPtr("0")}
	if _, err := kadm.NewClient(s.client).CreateTopic(t.Context(), 1, 1, configs, scannedTopic); err != nil {
		t.Fatal(err)
	}
	return s
}

// write writes values of one key, each in a batch of its own, by the client.
func (s *scanned) write(client *kgo.Client, key string, values ...[]byte) (offsets []int64) {
	s.Helper()
	for _, value := range values {
		r := &kgo.Record{Topic: scannedTopic, Key: []byte(key), Value: value}
		if err := client.ProduceSync(s.Context(), r).FirstErr(); err != nil {
			s.Fatal(err)
		}
		offsets = append(offsets, r.Offset)
	}
	return offsets
}

// transaction writes two records and ends as told.
func (s *scanned) transaction(key string, end kgo.TransactionEndTry) {
	s.Helper()
	if err := s.txn.BeginTransaction(); err != nil {
		s.Fatal(err)
	}
	offsets := s.write(s.txn, key, []byte("1"), []byte("2"))
	if err := s.txn.EndTransaction(s.Context(), end); err != nil {
		s.Fatal(err)
	}
	if end == kgo.TryCommit {
		s.committed = append(s.committed, offsets...)
	}
}

func (s *scanned) end() int64 {
	s.Helper()
	ends, err := kadm.NewClient(s.client).ListCommittedOffsets(s.Context(), scannedTopic)
	if err != nil {
		s.Fatal(err)
	}
	return ends[scannedTopic][0].Offset
}

// read reads the stretch and wants exactly the committed offsets in it.
func (s *scanned) read(from, to int64) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), 10*time.Second)
	defer cancel()
	var got, want []int64
	err := kafkaclient.NewScanner(s.client, scannedTopic, 1).Read(ctx, 0, from, to, func(r *kgo.Record) error {
		got = append(got, r.Offset)
		return nil
	})
	for _, offset := range s.committed {
		if offset >= from && offset < to {
			want = append(want, offset)
		}
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		s.Errorf("from %d to %d: read %v, want %v (%v)", from, to, got, want, err)
	}
}

// everywhere reads from every offset to every other.
func (s *scanned) everywhere() {
	s.Helper()
	for from := int64(0); from < s.end(); from++ {
		for to := from; to <= s.end(); to++ {
			s.read(from, to)
		}
	}
}

func TestAStretchEndsBehindMarksAndAbortedRecords(t *testing.T) {
	s := newScanned(t, "delete")
	s.committed = s.write(s.client, "a", []byte("1"), []byte("2"))
	s.transaction("b", kgo.TryAbort)
	s.transaction("c", kgo.TryCommit)
	s.everywhere()
	s.transaction("d", kgo.TryAbort)
	s.everywhere()
}

func TestAStretchOfWhatRetentionDeletedIsOverAtOnce(t *testing.T) {
	s := newScanned(t, "delete")
	s.write(s.client, "a", []byte("1"), []byte("2"), []byte("3"))
	s.transaction("b", kgo.TryAbort)
	end := s.end()
	s.committed = []int64{2}
	for _, start := range []int64{2, 5, end} { // A record, a mark, and nothing is left.
		at := kadm.Offsets{scannedTopic: {0: {Topic: scannedTopic, At: start}}}
		if _, err := kadm.NewClient(s.client).DeleteRecords(t.Context(), at); err != nil {
			t.Fatal(err)
		}
		if start > 2 {
			s.committed = nil
		}
		s.everywhere()
	}
	// A log that is shorter than it was has nothing either.
	s.read(end+5, end+9)
}

func TestAStretchEndsWhereCompactionLeftNothing(t *testing.T) {
	s := newScanned(t, "compact")
	s.write(s.client, "a", []byte("1"), []byte("2"), nil)
	s.write(s.client, "b", []byte("1"), nil)
	s.cluster.Compact() // Twice: a tombstone goes in the second run.
	s.cluster.Compact()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	seen := make(map[string]string)
	for to := int64(1); to <= s.end(); to++ {
		if err := kafkaclient.NewScanner(s.client, scannedTopic, 1<<20).Read(ctx, 0, 0, to, func(r *kgo.Record) error {
			seen[string(r.Key)] = fmt.Sprint(r.Offset)
			return nil
		}); err != nil {
			t.Errorf("to %d: %v", to, err)
		}
	}
	if len(seen) != 1 || seen["b"] == "" {
		t.Errorf("read %v, want the last record only", seen)
	}
}

func TestAMovedLeaderAndARefusingBrokerAreAskedAgain(t *testing.T) {
	s := newScanned(t, "delete")
	s.committed = s.write(s.client, "a", []byte("1"), []byte("2"))
	scanner := kafkaclient.NewScanner(s.client, scannedTopic, 1)
	var got []int64
	if err := scanner.Read(t.Context(), 0, 0, 2, func(r *kgo.Record) error {
		got = append(got, r.Offset)
		s.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Topic: scannedTopic, Err: kerr.LeaderNotAvailable, Count: 1})
		return s.cluster.MoveTopicPartition(scannedTopic, 0, int32(1+r.Offset%2))
	}); err != nil || !reflect.DeepEqual(got, s.committed) {
		t.Errorf("read %v, want %v (%v)", got, s.committed, err)
	}
	s.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Topic: scannedTopic, Err: kerr.TopicAuthorizationFailed, Count: -1})
	if _, _, err := scanner.Next(t.Context(), 0, 0, 2); err == nil {
		t.Error("a reader that may not read reports success")
	}
}

// TestABrokerThatHasNothingUpToTheEndIsBelieved answers as a broker does whose
// cleaner has removed the last records of a log, which the embedded one keeps.
func TestABrokerThatHasNothingUpToTheEndIsBelieved(t *testing.T) {
	s := newScanned(t, "compact")
	s.write(s.client, "a", []byte("1"), []byte("2"))
	s.cluster.ControlKey(int16(kmsg.Fetch), func(request kmsg.Request) (kmsg.Response, error, bool) {
		s.cluster.KeepControl()
		asked := request.(*kmsg.FetchRequest)
		answer := asked.ResponseKind().(*kmsg.FetchResponse)
		topic := kmsg.NewFetchResponseTopic()
		topic.Topic, topic.TopicID = asked.Topics[0].Topic, asked.Topics[0].TopicID
		partition := kmsg.NewFetchResponseTopicPartition()
		partition.HighWatermark, partition.LastStableOffset = 2, 2
		topic.Partitions = append(topic.Partitions, partition)
		answer.Topics = append(answer.Topics, topic)
		return answer, nil, true
	})
	s.read(0, 2)
}
