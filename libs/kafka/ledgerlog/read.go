package ledgerlog

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
)

const (
	// ledgerBytes is about how much of all ledgers is read at a time. The lanes
	// that are read share it: a process may open hundreds at once, and what is
	// fetched takes several times its size in memory until it is folded.
	ledgerBytes = 8 << 20
	// leastBytes is the least that a read asks for, and what each begins with:
	// most end at the first record.
	leastBytes = 64 << 10
	// readers is how many ledgers are read at once: beyond it the connections and
	// what is fetched and not folded yet take more memory than they save time. One
	// that gets no answer keeps its turn for half a minute, so they are many.
	readers = 64
)

// readTimeout bounds the short reads of a ledger, those of its bounds, of a gap
// and of its first record; afterwards the ledger is opened anew.
const readTimeout = time.Minute

// stretch is a part of a ledger partition: the offsets from from up to to.
type stretch struct {
	partition int32
	from, to  int64
}

// read calls fn for each record of a stretch, and ends with its first error. The
// entry is nil for a record that is none of ours: it is passed over, because a
// ledger must not be stopped by what somebody else wrote. fn must not keep the
// entry. What is missing in the log is an error.
func (s *Store) read(ctx context.Context, part stretch, fn func(*kgo.Record, *ledger.Entry) error) error {
	if err := s.turns.take(ctx); err != nil {
		return err
	}
	defer s.turns.give()
	client, err := kgo.NewClient(s.Reader...)
	if err != nil {
		return err
	}
	defer client.Close()
	scanner := kafkaclient.NewScanner(client, s.Topic, leastBytes)
	scanner.Whole, scanner.Bytes = true, s.appetite()
	s.reading.Add(1)
	defer s.reading.Add(-1)
	var decoder ledger.Decoder
	var e ledger.Entry // one for all: an allocation for each would cost as much as decoding
	return scanner.Read(ctx, part.partition, part.from, part.to, func(r *kgo.Record) error {
		var err error
		decoder.Brief = r.Offset < part.to-ledger.Recent // what stands before costs an allocation and is not looked at
		if e, err = decoder.Unmarshal(r.Value); err == nil {
			return fn(r, &e)
		}
		if newer := newerLedger(r, err); newer != nil {
			return newer
		}
		return fn(r, nil)
	})
}

// turns bounds how many read at once.
type turns struct {
	once  sync.Once
	taken chan struct{}
}

// take waits for a turn.
func (t *turns) take(ctx context.Context) error {
	t.once.Do(func() { t.taken = make(chan struct{}, readers) })
	select {
	case t.taken <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// give gives a turn back.
func (t *turns) give() { <-t.taken }

// appetite returns what one read asks for: at first little, then twice as much
// each time, up to its share.
func (s *Store) appetite() func() int32 {
	next := int32(leastBytes)
	return func() int32 {
		bytes := max(leastBytes, min(next, ledgerBytes/max(1, s.reading.Load())))
		next = min(2*next, ledgerBytes)
		return bytes
	}
}

// bounds returns all of a partition that is committed.
func (s *Store) bounds(ctx context.Context, partition int32) (stretch, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	client, err := kgo.NewClient(s.Reader...)
	if err != nil {
		return stretch{}, err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	starts, err := admin.ListStartOffsets(ctx, s.Topic)
	if err != nil {
		return stretch{}, err
	}
	ends, err := admin.ListCommittedOffsets(ctx, s.Topic)
	if err != nil {
		return stretch{}, err
	}
	start, known := starts.Lookup(s.Topic, partition)
	end, ended := ends.Lookup(s.Topic, partition)
	if !known || !ended {
		return stretch{}, kerr.UnknownTopicOrPartition
	}
	return stretch{partition, start.Offset, end.Offset}, errors.Join(start.Err, end.Err)
}
