package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

const (
	// lookEvery is how often a lane looks ahead again while its queues do not see new
	// records, see behind.
	lookEvery = 5 * time.Second
	// lookPatience is how long the first look waits for a queue that is not full and
	// takes in nothing: the last offsets of the source may hold no record.
	lookPatience = time.Second
	// lookTimeout bounds the request for the end of the source.
	lookTimeout = 10 * time.Second
	// lookBytes is how much is read at a time, and lookers how many lanes read at once.
	lookBytes, lookers = 256 << 10, 8
)

// scout reads the source ahead of the lanes' queues, so that an event that was
// withdrawn behind the queue's cap is not sent.
type scout struct {
	*lifetime
	channel  domain.Channel
	observer ports.Observer
	faults   *faultLog
	source   string
	decoder  *domain.Decoder
	// client is the group's: it is asked where the source ends. It is set before
	// the first lane is assigned.
	client *kgo.Client
	// opts are the options of the scout's own client, which exists only while a lane
	// looks ahead.
	opts  []kgo.Opt
	turns chan struct{}

	mu     sync.Mutex
	direct *kgo.Client
	users  int
}

// first looks to the end of a lane's source and returns when that is done: the
// lane may claim nothing before. It is done once in an assignment. While it
// cannot be done it is tried again.
func (s *scout) first(ctx context.Context, l *lane) {
	for pause := minFaultPause; ctx.Err() == nil; pause = min(2*pause, maxFaultPause) {
		h := l.looks()
		if h == nil {
			return
		}
		err := s.guarded(func() error { return s.begin(ctx, l, h) })
		if err == nil {
			return
		}
		s.failed(ctx, l, err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// begin is one try of the first look. It first waits for the queue, since records
// before the end usually reach it by themselves.
func (s *scout) begin(ctx context.Context, l *lane, h *half) error {
	if err := l.awaitPosition(ctx, h); err != nil {
		return err
	}
	end, err := s.end(ctx, l.partition)
	if err != nil {
		return err
	}
	if err := l.awaitQueue(ctx, h, end); err != nil {
		return err
	}
	return s.look(ctx, l, h, end)
}

// again looks ahead of a lane whose queue does not see what comes, until ctx is over.
func (s *scout) again(ctx context.Context, l *lane) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		h := l.behind()
		if h == nil {
			continue
		}
		err := s.guarded(func() error {
			end, err := s.end(ctx, l.partition)
			if err != nil {
				return err
			}
			return s.look(ctx, l, h, end)
		})
		if err != nil {
			s.failed(ctx, l, err)
		}
	}
}

func (s *scout) failed(ctx context.Context, l *lane, err error) {
	if ctx.Err() == nil && !errors.Is(err, errGivenUp) {
		s.faults.failed(looking(l), err)
	}
}

func looking(l *lane) string { return fmt.Sprintf("looking ahead in lane %d", l.partition) }

// look reads from where the last look ended up to end.
func (s *scout) look(ctx context.Context, l *lane, h *half, end int64) error {
	if from := l.lookFrom(h); from < end {
		if err := s.read(ctx, l, h, from, end); err != nil {
			return err
		}
	}
	s.faults.works(looking(l))
	l.lookedTo(h, end)
	return nil
}

func (s *scout) read(ctx context.Context, l *lane, h *half, from, end int64) error {
	select {
	case s.turns <- struct{}{}:
		defer func() { <-s.turns }()
	case <-ctx.Done():
		return ctx.Err()
	}
	client, done, err := s.borrow()
	if err != nil {
		return err
	}
	defer done()
	full := false
	err = kafkaclient.NewScanner(client, s.source, lookBytes).Read(ctx, l.partition, from, end, func(r *kgo.Record) error {
		event, err := s.decoder.Decode(r.Value)
		if err != nil {
			return nil //nolint:nilerr // an event that cannot be read withdraws nothing
		}
		kept, err := l.found(h, event, r)
		full = full || !kept
		return err
	})
	if full {
		s.observer.Alert(s.channel, "record.lookahead", "more appointments lie ahead of the queues than are kept: one of them that is withdrawn late may be told first")
	}
	return err
}

// borrow returns a client that reads. It is closed when the last lane is done.
func (s *scout) borrow() (client *kgo.Client, done func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users == 0 {
		if s.direct, err = kgo.NewClient(s.opts...); err != nil {
			return nil, nil, fmt.Errorf("configure the client that looks ahead: %w", err)
		}
	}
	s.users++
	return s.direct, s.give, nil
}

func (s *scout) give() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users--; s.users == 0 {
		s.direct.Close()
	}
}

// end returns the end of a partition of the source for a reader of committed records.
func (s *scout) end(ctx context.Context, partition int32) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	wanted := kmsg.NewListOffsetsRequestTopicPartition()
	wanted.Partition, wanted.Timestamp = partition, -1
	topic := kmsg.NewListOffsetsRequestTopic()
	topic.Topic, topic.Partitions = s.source, append(topic.Partitions, wanted)
	request := kmsg.NewPtrListOffsetsRequest()
	request.IsolationLevel, request.Topics = 1, append(request.Topics, topic)
	response, err := request.RequestWith(ctx, s.client)
	if err != nil {
		return 0, fmt.Errorf("ask where the source ends: %w", err)
	}
	if len(response.Topics) != 1 || len(response.Topics[0].Partitions) != 1 {
		return 0, errors.New("ask where the source ends: the broker answered for another partition")
	}
	answer := response.Topics[0].Partitions[0]
	if err := kerr.ErrorForCode(answer.ErrorCode); err != nil {
		return 0, fmt.Errorf("ask where the source ends: %w", err)
	}
	return answer.Offset, nil
}
