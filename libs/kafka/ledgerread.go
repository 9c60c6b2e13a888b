package kafka

import (
	"context"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
)

// read calls fn for each record of a ledger partition from offset from through
// offset last. The entry is nil for a record that is none of ours: it is passed
// over, because a ledger must not be stopped by what somebody else wrote. fn must
// not keep the entry.
func (s *LedgerStore) read(ctx context.Context, partition int32, from kgo.Offset, last int64,
	fn func(*kgo.Record, *ledger.Entry) error,
) error {
	client, err := kgo.NewClient(append(s.Reader[:len(s.Reader):len(s.Reader)],
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{s.Topic: {partition: from}}),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(),
		kgo.FetchMaxBytes(16<<20), kgo.FetchMaxPartitionBytes(8<<20),
	)...)
	if err != nil {
		return err
	}
	defer client.Close()
	decoder := ledger.Decoder{Brief: true}
	for {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			return err
		}
		if done, err := scan(fetches, &decoder, last, fn); done || err != nil {
			return err
		}
	}
}

// end returns the offset behind a partition's last committed record.
func (s *LedgerStore) end(ctx context.Context, partition int32) (int64, error) {
	client, err := kgo.NewClient(s.Reader...)
	if err != nil {
		return 0, err
	}
	defer client.Close()
	ends, err := kadm.NewClient(client).ListCommittedOffsets(ctx, s.Topic)
	if err != nil {
		return 0, err
	}
	at, ok := ends.Lookup(s.Topic, partition)
	if !ok {
		return 0, kerr.UnknownTopicOrPartition
	}
	starts, err := kadm.NewClient(client).ListStartOffsets(ctx, s.Topic)
	if err != nil {
		return 0, err
	}
	if start, ok := starts.Lookup(s.Topic, partition); ok && start.Offset == at.Offset {
		return 0, at.Err // everything has expired: there is nothing to read
	}
	return at.Offset, at.Err
}

func scan(fetches kgo.Fetches, d *ledger.Decoder, last int64, fn func(*kgo.Record, *ledger.Entry) error) (bool, error) {
	var e ledger.Entry // one for all: an allocation for each would cost as much as decoding
	for it := fetches.RecordIter(); !it.Done(); {
		r := it.Next()
		if r.Offset > last {
			return true, nil
		}
		var entry *ledger.Entry
		if !r.Attrs.IsControl() {
			var err error
			if e, err = d.Unmarshal(r.Value); err == nil {
				entry = &e
			} else if newer := newerLedger(r, err); newer != nil {
				return true, newer
			}
		}
		if err := fn(r, entry); err != nil {
			return true, err
		}
		if r.Offset == last {
			return true, nil
		}
	}
	return false, nil
}
