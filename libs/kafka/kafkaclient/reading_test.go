package kafkaclient_test

import (
	"context"
	"reflect"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkatest"
)

// connect returns a client that is closed with the test.
func connect(t *testing.T, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(append(opts, kgo.DisableClientMetrics())...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// A broker that does not answer holds up the reads from it, and no others.
func TestASilentBrokerKeepsNoTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var network kfake.VirtualNetwork
		cluster, err := kfake.NewCluster(kfake.Ports(9092, 9093), kfake.ListenFn(network.Listen), kfake.SeedTopics(2, scannedTopic))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(cluster.Close)
		for p := range int32(2) {
			if err := cluster.MoveTopicPartition(scannedTopic, p, p); err != nil {
				t.Fatal(err)
			}
		}
		link := &kafkatest.Link{Network: &network}
		seeds := kgo.SeedBrokers(cluster.ListenAddrs()...)
		works := connect(t, seeds, kgo.Dialer(network.DialContext), kgo.RecordPartitioner(kgo.ManualPartitioner()))
		for p := range int32(2) {
			if err := works.ProduceSync(t.Context(), &kgo.Record{Topic: scannedTopic, Partition: p, Value: []byte("1")}).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
		turns := kafkaclient.NewTurns(2)
		read := func(scanner *kafkaclient.Scanner, p int32) error {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			return scanner.Read(ctx, p, 0, 1, func(*kgo.Record) error { return nil })
		}
		var scanners []*kafkaclient.Scanner
		for range 2 {
			scanner := kafkaclient.NewScanner(connect(t, seeds, kgo.Dialer(link.Dial)), scannedTopic, 1)
			scanner.Turns = turns
			if err := read(scanner, 0); err != nil { // it knows the leader then
				t.Fatal(err)
			}
			scanners = append(scanners, scanner)
		}
		link.Stall()
		var silent sync.WaitGroup
		for _, scanner := range scanners {
			silent.Go(func() {
				if err := read(scanner, 0); err != nil {
					t.Error(err)
				}
			})
		}
		<-time.After(time.Second)
		scanner := kafkaclient.NewScanner(works, scannedTopic, 1)
		scanner.Turns = turns
		begin := time.Now()
		if err := read(scanner, 1); err != nil || time.Since(begin) > time.Second {
			t.Errorf("it took %s to read one record: %v", time.Since(begin), err)
		}
		link.Mend()
		silent.Wait()
	})
}

// Whatever the size of batches and requests, records that are used again say what they
// should while they are looked at, and their values for ever.
func TestRecordsThatAreUsedAgainAreReadAsOthers(t *testing.T) {
	s := newScanned(t, "delete")
	rapid.Check(t, func(rt *rapid.T) {
		from, end := s.end(), int64(0)
		codec := rapid.SampledFrom([]kgo.CompressionCodec{kgo.NoCompression(), kgo.SnappyCompression(), kgo.ZstdCompression()}).Draw(rt, "codec")
		writer := connect(t, kgo.SeedBrokers(s.cluster.ListenAddrs()...), kgo.ProducerBatchCompression(codec))
		for range rapid.IntRange(1, 4).Draw(rt, "batches") {
			var batch []*kgo.Record
			for range rapid.IntRange(1, 30).Draw(rt, "records") {
				batch = append(batch, &kgo.Record{Topic: scannedTopic, Key: []byte("k"), Value: []byte("value " + strconv.Itoa(int(end)))})
				end++
			}
			if err := writer.ProduceSync(t.Context(), batch...).FirstErr(); err != nil {
				rt.Fatal(err)
			}
			if rapid.Bool().Draw(rt, "aborted") {
				s.transaction("t", kgo.TryAbort)
			}
		}
		bytes := rapid.SampledFrom([]int32{1, 200, 2000, 1 << 20}).Draw(rt, "bytes")
		if plain, again := s.values(bytes, from, false), s.values(bytes, from, true); !reflect.DeepEqual(plain, again) || len(plain) != int(end) {
			rt.Fatalf("%d records, %v\nused again %v", end, plain, again)
		}
	})
}

// values reads to the end. What it returns is looked at when all is read.
func (s *scanned) values(bytes int32, from int64, reuse bool) (all []string) {
	s.Helper()
	scanner := kafkaclient.NewScanner(s.client, scannedTopic, bytes)
	if reuse {
		scanner.Turns = kafkaclient.NewTurns(3)
	}
	var values [][]byte
	if err := scanner.Read(s.Context(), 0, from, s.end(), func(r *kgo.Record) error {
		values = append(values, r.Value)
		all = append(all, strconv.Itoa(int(r.Offset))+string(r.Key))
		return nil
	}); err != nil {
		s.Fatal(err)
	}
	for i, value := range values {
		all[i] += string(value)
	}
	return all
}

// A read that is ahead asks for each part once, although it asks before it has
// unpacked the last one.
func TestAReadAsksForEachPartOnce(t *testing.T) {
	s := newScanned(t, "delete")
	for range 20 {
		s.committed = append(s.committed, s.write(s.client, "a", make([]byte, 1000))...)
	}
	asked := map[int64]int{}
	s.cluster.ControlKey(int16(kmsg.Fetch), func(request kmsg.Request) (kmsg.Response, error, bool) {
		s.cluster.KeepControl()
		asked[request.(*kmsg.FetchRequest).Topics[0].Partitions[0].FetchOffset]++
		return nil, nil, false
	})
	s.read(0, 20)
	if len(asked) != 20 {
		t.Errorf("%d parts of one record each", len(asked))
	}
	for offset, times := range asked {
		if times != 1 {
			t.Errorf("offset %d was asked for %d times", offset, times)
		}
	}
}
