// Package lag measures how far a consumer group is behind, from its committed offsets:
// a record that a worker has read but not brought to an outcome counts as behind.
package lag

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
)

// Lag is how far a group is behind on one partition.
type Lag struct {
	// Records is how many records wait for an outcome: the offsets from the group's
	// commit up to the last committed record. Transaction markers among them count too.
	Records int64
	// Oldest is how long ago the oldest of them was published; 0 if no record waits, or
	// if its time is unknown.
	Oldest time.Duration
	// Committed is the committed offset, 0 before the first. It rises while work
	// goes on.
	Committed int64
}

// place is a partition of a topic.
type place struct {
	topic     string
	partition int32
}

// measure asks the brokers. The client must not be a member of a group.
func measure(ctx context.Context, client *kgo.Client, group string, now time.Time, topics ...string) (map[place]Lag, error) {
	admin := kadm.NewClient(client)
	committed, err := admin.FetchOffsets(ctx, group)
	if err == nil {
		err = committed.Error()
	}
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) { // The group has never committed.
		return nil, fmt.Errorf("read what group %s has committed: %w", group, err)
	}
	starts, err := listed(admin.ListStartOffsets(ctx, topics...))
	if err != nil {
		return nil, fmt.Errorf("read the starts of the topics: %w", err)
	}
	ends, err := listed(admin.ListCommittedOffsets(ctx, topics...))
	if err != nil {
		return nil, fmt.Errorf("read the ends of the topics: %w", err)
	}
	behind := make(map[place]Lag)
	for _, topic := range topics {
		scanner := kafkaclient.NewScanner(client, topic, 1)
		for partition, end := range ends[topic] {
			from := int64(-1)
			if c, ok := committed.Lookup(topic, partition); ok {
				from = c.At
			}
			p, err := ofPartition(ctx, scanner, stretch{partition, from, starts[topic][partition].Offset, end.Offset}, now)
			if err != nil {
				return nil, fmt.Errorf("read partition %d of %s: %w", partition, topic, err)
			}
			behind[place{topic, partition}] = p
		}
	}
	return behind, nil
}

func listed(offsets kadm.ListedOffsets, err error) (kadm.ListedOffsets, error) {
	return offsets, errors.Join(err, offsets.Error())
}

// stretch is a partition with the group's commit, -1 without one.
type stretch struct {
	partition             int32
	committed, start, end int64
}

// errFound ends a read with its first record.
var errFound = errors.New("found")

// ofPartition reads one record, for its time and to see that there is one at all. The
// last offset may be that of a transaction marker, which no group ever commits.
func ofPartition(ctx context.Context, scanner *kafkaclient.Scanner, s stretch, now time.Time) (Lag, error) {
	behind := Lag{Committed: max(s.committed, 0)}
	from := max(s.committed, s.start)
	if from >= s.end {
		return behind, nil
	}
	err := scanner.Read(ctx, s.partition, from, s.end, func(r *kgo.Record) error {
		behind.Records, behind.Oldest = s.end-r.Offset, age(r.Timestamp, now)
		return errFound
	})
	if errors.Is(err, errFound) {
		err = nil
	}
	return behind, err
}

// age is 0 for a time that is unknown: absent, impossible or in the future.
func age(t, now time.Time) time.Duration {
	if t.Year() < 2000 || t.After(now) {
		return 0
	}
	return now.Sub(t)
}
