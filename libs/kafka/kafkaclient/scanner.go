package kafkaclient

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// scanPatience is how long a Scanner tries a broker that gives no answer, or one
// that makes no sense yet.
const scanPatience = 30 * time.Second

// Scanner reads stretches of a topic's partitions: the committed records from
// one offset up to another. It always knows when a stretch is over.
//
// A consuming client does not: it waits for the next record, and at the end of
// a stretch there may never be one. Retention may have deleted everything up to
// the end, the last offsets may be marks of transactions or records of aborted
// ones, and compaction may have removed them. The broker's answers say how far
// they reach all the same, so a Scanner asks for them itself.
//
// It is for one goroutine.
type Scanner struct {
	// Whole ends a read with a *DeletedError where retention has deleted a part
	// of the stretch; otherwise that part is passed over.
	Whole bool
	// Bytes returns for how many bytes at most the next request asks.
	Bytes func() int32

	client *kgo.Client
	topic  string
	// details is what the last metadata said; Partitions is nil before.
	details kadm.TopicDetail
	unpack  kgo.Decompressor
}

// NewScanner returns a Scanner that asks with client for at most so many bytes
// at a time. One that asks for 1 gets one batch at a time, however large.
func NewScanner(client *kgo.Client, topic string, bytes int32) *Scanner {
	return &Scanner{Bytes: func() int32 { return bytes }, client: client, topic: topic, unpack: kgo.DefaultDecompressor()}
}

// Read calls each with the committed records of the stretch, in order, and ends
// with the first error of each. It reads ahead while each works.
func (s *Scanner) Read(ctx context.Context, partition int32, from, to int64, each func(*kgo.Record) error) error {
	ctx, cancel := context.WithCancel(ctx)
	parts := s.ahead(ctx, partition, from, to)
	defer func() {
		cancel()
		for range parts { // until the other goroutine has ended
		}
	}()
	for p := range parts {
		if p.err != nil {
			return p.err
		}
		for _, r := range p.records {
			if err := each(r); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// part is a piece of a stretch.
type part struct {
	records []*kgo.Record
	err     error
}

// ahead reads the stretch on a goroutine of its own, one part ahead of the one who
// takes them. It ends with the stretch, with an error or with ctx.
func (s *Scanner) ahead(ctx context.Context, partition int32, from, to int64) <-chan part {
	parts := make(chan part)
	go func() {
		defer close(parts)
		for from < to {
			var p part
			p.records, from, p.err = s.Next(ctx, partition, from, to)
			select {
			case parts <- p:
			case <-ctx.Done():
				return
			}
			if p.err != nil {
				return
			}
		}
	}()
	return parts
}

// Next returns the first committed records of the stretch and where to go on.
// There may be none although the stretch is not over; it is over when next is
// not below to. A log that ends before to is waited for a while and then a
// *TruncatedError: what was there once was lost with a leader.
func (s *Scanner) Next(ctx context.Context, partition int32, from, to int64) (records []*kgo.Record, next int64, err error) {
	begun := time.Now()
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		records, next, err = s.fetch(ctx, partition, from, to)
		if err == nil || !errors.Is(err, errAgain) {
			return records, next, err
		}
		if time.Since(begun) > scanPatience {
			return nil, from, fmt.Errorf("read %s/%d from offset %d: no progress for %s: %w", s.topic, partition, from, scanPatience, err)
		}
		s.details = kadm.TopicDetail{}
		select {
		case <-ctx.Done():
			return nil, from, fmt.Errorf("read %s/%d from offset %d: %w", s.topic, partition, from, errors.Join(ctx.Err(), err))
		case <-time.After(pause):
		}
	}
}

// errAgain marks what may be over in a moment: a leader that moves, a broker
// that restarts.
var errAgain = errors.New("try again")

func (s *Scanner) fetch(ctx context.Context, partition int32, from, to int64) ([]*kgo.Record, int64, error) {
	answer, err := s.ask(ctx, partition, from)
	if err != nil {
		return nil, from, err
	}
	if errors.Is(kerr.ErrorForCode(answer.ErrorCode), kerr.OffsetOutOfRange) {
		return s.jump(ctx, partition, from, to)
	}
	if err := s.fault(answer.ErrorCode); err != nil {
		return nil, from, err
	}
	read, next := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{
		Topic: s.topic, Partition: partition, Offset: from, IsolationLevel: kgo.ReadCommitted(),
	}, answer, s.unpack, nil)
	switch {
	case read.Err != nil:
		return nil, from, fmt.Errorf("read %s/%d offset %d: %w", s.topic, partition, from, read.Err)
	case next > from:
		return before(read.Records, to), next, nil
	case answer.LastStableOffset >= to:
		return nil, to, nil // The broker has nothing between here and there.
	}
	if answer.HighWatermark < to {
		// A new leader may not know yet how far the old one got.
		return nil, from, fmt.Errorf("%w: %w", errAgain, &TruncatedError{Topic: s.topic, Partition: partition, To: to, End: answer.HighWatermark})
	}
	return nil, from, fmt.Errorf("%w: a transaction is open from offset %d on", errAgain, answer.LastStableOffset)
}

func before(records []*kgo.Record, to int64) []*kgo.Record {
	for len(records) > 0 && records[len(records)-1].Offset >= to {
		records = records[:len(records)-1]
	}
	return records
}

// jump returns where the log begins, or the end of the stretch for a log that
// is shorter than its start: its topic was made anew.
func (s *Scanner) jump(ctx context.Context, partition int32, from, to int64) ([]*kgo.Record, int64, error) {
	starts, err := kadm.NewClient(s.client).ListStartOffsets(ctx, s.topic)
	if err != nil {
		return nil, from, fmt.Errorf("%w: %w", errAgain, err)
	}
	start, known := starts.Lookup(s.topic, partition)
	if !known || start.Err != nil {
		return nil, from, fmt.Errorf("%w: %w", errAgain, start.Err)
	}
	switch {
	case start.Offset > from && s.Whole:
		return nil, from, &DeletedError{Topic: s.topic, Partition: partition, From: from, Start: start.Offset}
	case start.Offset > from:
		return nil, min(start.Offset, to), nil
	case s.Whole:
		return nil, from, &TruncatedError{Topic: s.topic, Partition: partition, To: to, End: from}
	}
	return nil, to, nil
}

// ask fetches from the partition's leader. One partition a request: a broker
// then leaves an answer empty only if there is nothing.
func (s *Scanner) ask(ctx context.Context, partition int32, from int64) (*kmsg.FetchResponseTopicPartition, error) {
	leader, err := s.leader(ctx, partition)
	if err != nil {
		return nil, err
	}
	wanted := kmsg.NewFetchRequestTopicPartition()
	wanted.Partition, wanted.FetchOffset, wanted.PartitionMaxBytes = partition, from, s.Bytes()
	topic := kmsg.NewFetchRequestTopic()
	topic.Topic, topic.TopicID = s.topic, s.details.ID
	topic.Partitions = append(topic.Partitions, wanted)
	request := kmsg.NewPtrFetchRequest()
	request.IsolationLevel, request.SessionEpoch = 1, -1
	request.Topics = append(request.Topics, topic)
	response, err := s.client.Broker(int(leader)).RetriableRequest(ctx, request)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errAgain, err)
	}
	answer := response.(*kmsg.FetchResponse)
	if err := s.fault(answer.ErrorCode); err != nil {
		return nil, err
	}
	if len(answer.Topics) != 1 || len(answer.Topics[0].Partitions) != 1 {
		return nil, fmt.Errorf("%w: the broker answered for another partition", errAgain)
	}
	return &answer.Topics[0].Partitions[0], nil
}

// fault turns a broker's code into an error.
func (s *Scanner) fault(code int16) error {
	err := kerr.ErrorForCode(code)
	if err != nil && kerr.IsRetriable(err) {
		return fmt.Errorf("%w: %w", errAgain, err)
	}
	if err != nil {
		return fmt.Errorf("read topic %s: %w", s.topic, err)
	}
	return nil
}

func (s *Scanner) leader(ctx context.Context, partition int32) (int32, error) {
	if s.details.Partitions == nil {
		// Asked for authorized operations, the client does not answer from its
		// cache.
		topics, err := kadm.NewClient(s.client).ListTopics(kadm.WithAuthorizedOps(ctx), s.topic)
		if err != nil {
			return 0, fmt.Errorf("%w: %w", errAgain, err)
		}
		s.details = topics[s.topic]
		if err := s.details.Err; err != nil && !kerr.IsRetriable(err) {
			return 0, fmt.Errorf("read topic %s: %w", s.topic, err)
		}
	}
	details, known := s.details.Partitions[partition]
	if !known || details.Leader < 0 {
		return 0, fmt.Errorf("%w: %s/%d has no leader", errAgain, s.topic, partition)
	}
	return details.Leader, nil
}
