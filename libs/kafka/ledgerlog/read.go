package ledgerlog

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
)

const (
	// partBytes is how much of a ledger is read at a time, and leastBytes the size of
	// the first request: most reads end at the first record.
	partBytes  = 1 << 20
	leastBytes = 64 << 10
	// parts is how many such parts of all ledgers are held at a time, requested or not
	// folded yet: a process may open hundreds of ledgers at once.
	parts = 12
)

// readTimeout bounds the short reads of a ledger, those of its bounds, of a gap
// and of its first record; afterwards the ledger is opened anew.
const readTimeout = time.Minute

// stretch is a part of a ledger partition: the offsets from from up to to.
type stretch struct {
	partition int32
	from, to  int64
}

// read calls fn for each record of a stretch, and ends with its first error. The line
// is nil for a value that is not a ledger record, which fn skips: foreign records must
// not stop a ledger. fn must keep neither the record nor the line. Records that are
// missing in the log are an error.
func (s *Store) read(ctx context.Context, part stretch, fn func(*kgo.Record, *ledger.Line) error) error {
	client, done, err := s.direct.borrow(s.Reader)
	if err != nil {
		return err
	}
	defer done()
	scanner := kafkaclient.NewScanner(client, s.Topic, partBytes)
	scanner.Whole, scanner.Bytes, scanner.Turns = true, appetite(), s.turns()
	var line ledger.Line
	return scanner.Read(ctx, part.partition, part.from, part.to, func(r *kgo.Record) error {
		err := line.Scan(r.Value)
		if err == nil {
			return fn(r, &line)
		}
		if newer := newerLedger(r, err); newer != nil {
			return newer
		}
		return fn(r, nil)
	})
}

// turns returns the turns that all reads of the store share.
func (s *Store) turns() *kafkaclient.Turns {
	s.once.Do(func() { s.shared = kafkaclient.NewTurns(parts) })
	return s.shared
}

// appetite returns the size of each request of a read: little at first.
func appetite() func() int32 {
	next := int32(leastBytes)
	return func() int32 {
		bytes := next
		next = partBytes
		return bytes
	}
}

// bounds returns the committed part of a partition.
func (s *Store) bounds(ctx context.Context, partition int32) (stretch, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	client, done, err := s.direct.borrow(s.Reader)
	if err != nil {
		return stretch{}, err
	}
	defer done()
	start, err := s.offset(ctx, client, partition, earliest)
	if err != nil {
		return stretch{}, err
	}
	end, err := s.offset(ctx, client, partition, latest)
	return stretch{partition, start, end}, err
}

// The timestamps with which a broker is asked for the ends of a log.
const (
	latest   = -1
	earliest = -2
)

// offset asks for the start of a partition, or for its end as readers of committed
// records see it.
func (s *Store) offset(ctx context.Context, client *kgo.Client, partition int32, place int64) (int64, error) {
	wanted := kmsg.NewListOffsetsRequestTopicPartition()
	wanted.Partition, wanted.Timestamp = partition, place
	topic := kmsg.NewListOffsetsRequestTopic()
	topic.Topic, topic.Partitions = s.Topic, append(topic.Partitions, wanted)
	request := kmsg.NewPtrListOffsetsRequest()
	request.IsolationLevel, request.Topics = 1, append(request.Topics, topic)
	response, err := request.RequestWith(ctx, client)
	if err != nil {
		return 0, err
	}
	if len(response.Topics) != 1 || len(response.Topics[0].Partitions) != 1 {
		return 0, kerr.UnknownTopicOrPartition
	}
	answer := response.Topics[0].Partitions[0]
	return answer.Offset, kerr.ErrorForCode(answer.ErrorCode)
}
