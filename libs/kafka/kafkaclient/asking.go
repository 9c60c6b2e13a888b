package kafkaclient

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// errAgain marks errors that may pass in a moment: a leader that moves, a broker that
// restarts.
var errAgain = errors.New("try again")

// asking is one request and its answer.
type asking struct {
	from   int64
	done   chan struct{}
	answer *kmsg.FetchResponseTopicPartition
	err    error
	// turn is held for the answer; nil without Turns.
	turn *turn
}

// begin sends a request for the records from offset from.
func (s *Scanner) begin(ctx context.Context, partition int32, from int64) *asking {
	a := &asking{from: from, done: make(chan struct{})}
	go func() {
		defer close(a.done)
		var leader int32
		if leader, a.err = s.leader(ctx, partition); a.err != nil {
			return
		}
		if a.turn, a.err = s.Turns.take(ctx, leader); a.err == nil {
			a.answer, a.err = s.ask(ctx, leader, partition, from)
		}
	}()
	return a
}

// wait returns the answered request.
func (a *asking) wait() *asking {
	<-a.done
	return a
}

// behind guesses the offset behind an answer's records, so that the next records can be
// requested before these are unpacked. It returns from if it cannot guess.
func behind(answer *kmsg.FetchResponseTopicPartition, from int64) int64 {
	const (
		lengthAt, magicAt, lastAt = 8, 16, 23 // in the header of a record batch
		header                    = 61
	)
	for b := answer.RecordBatches; len(b) >= header && b[magicAt] == 2; {
		length := int64(binary.BigEndian.Uint32(b[lengthAt:])) + 12
		if length < header || length > int64(len(b)) {
			break
		}
		first, last := binary.BigEndian.Uint64(b), binary.BigEndian.Uint32(b[lastAt:])
		from = max(from, int64(first)+int64(last)+1) //nolint:gosec // a guess may be wrong
		b = b[length:]
	}
	return from
}

// jump returns the start of the log, or the end of the stretch if the log ends before
// the stretch begins, because the topic was created anew.
func (s *Scanner) jump(ctx context.Context, left stretch) (next int64, err error) {
	partition, from, to := left.partition, left.from, left.to
	starts, err := kadm.NewClient(s.client).ListStartOffsets(ctx, s.topic)
	if err != nil {
		return from, fmt.Errorf("%w: %w", errAgain, err)
	}
	start, known := starts.Lookup(s.topic, partition)
	if !known || start.Err != nil {
		return from, fmt.Errorf("%w: %w", errAgain, start.Err)
	}
	switch {
	case start.Offset > from && s.Whole:
		return from, &DeletedError{Topic: s.topic, Partition: partition, From: from, Start: start.Offset}
	case start.Offset > from:
		return min(start.Offset, to), nil
	case s.Whole:
		return from, &TruncatedError{Topic: s.topic, Partition: partition, To: to, End: from}
	}
	return to, nil
}

// ask fetches from the partition's leader. A request names one partition only: a broker
// then leaves its answer empty only if there are no records.
func (s *Scanner) ask(ctx context.Context, leader, partition int32, from int64) (*kmsg.FetchResponseTopicPartition, error) {
	wanted := kmsg.NewFetchRequestTopicPartition()
	wanted.Partition, wanted.FetchOffset, wanted.PartitionMaxBytes = partition, from, s.Bytes()
	topic := kmsg.NewFetchRequestTopic()
	topic.Topic, topic.TopicID = s.topic, s.details.TopicID
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
	if s.details == nil {
		if err := s.describe(ctx); err != nil {
			return 0, err
		}
	}
	for i := range s.details.Partitions {
		if p := &s.details.Partitions[i]; p.Partition == partition && p.Leader >= 0 {
			return p.Leader, nil
		}
	}
	return 0, fmt.Errorf("%w: %s/%d has no leader", errAgain, s.topic, partition)
}

// describe asks for the topic's metadata. The client answers from its cache, unless the
// cached leader did not work.
func (s *Scanner) describe(ctx context.Context) error {
	wanted := kmsg.NewMetadataRequestTopic()
	wanted.Topic = kmsg.StringPtr(s.topic)
	request := kmsg.NewPtrMetadataRequest()
	request.Topics = append(request.Topics, wanted)
	var age time.Duration // the client's own limit
	if s.doubted {
		age = 1
	}
	response, err := s.client.RequestCachedMetadata(ctx, request, age)
	if err != nil {
		return fmt.Errorf("%w: %w", errAgain, err)
	}
	if len(response.Topics) != 1 {
		return fmt.Errorf("%w: the broker answered for another topic", errAgain)
	}
	s.details = &response.Topics[0]
	if err := kerr.ErrorForCode(s.details.ErrorCode); err != nil && !kerr.IsRetriable(err) {
		return fmt.Errorf("read topic %s: %w", s.topic, err)
	}
	return nil
}

// forget lets the next request look for the leader anew.
func (s *Scanner) forget() { s.details, s.doubted = nil, true }
