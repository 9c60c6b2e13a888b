package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// lane is a partition of a channel's ledger.
type lane struct {
	channel   domain.Channel
	partition int32
}

func (l lane) compare(o lane) int {
	return cmp.Or(cmp.Compare(l.channel, o.channel), cmp.Compare(l.partition, o.partition))
}

// knownLedger is the content of one ledger partition for some appointments.
type knownLedger struct {
	wanted map[string]bool
	index  *ledger.Index
	// reach is the time back to which the ledger remembers; zero if it has forgotten
	// nothing.
	reach time.Time
}

func newKnownLedger() *knownLedger {
	return &knownLedger{wanted: make(map[string]bool), index: ledger.NewIndex()}
}

// LookUp returns what a worker's ledger would.
func (l *knownLedger) LookUp(key domain.Key, appointmentID string) ports.Knowledge {
	k := l.index.LookUp(key, appointmentID)
	k.Reach, k.Seen = l.reach, l.index.Highest()
	return k
}

// LastTold returns what a worker's ledger would.
func (l *knownLedger) LastTold(appointmentID string, recipient domain.RecipientTag) time.Time {
	return l.index.LastTold(appointmentID, recipient)
}

// beginsAfter reports whether an event may be older than what the ledger remembers.
func (l *knownLedger) beginsAfter(o ports.Origin) bool {
	return !l.reach.IsZero() && (!o.TimestampKnown(time.Now()) || o.Timestamp.Before(l.reach))
}

// ledgerBytes is how much of a ledger is read at a time.
const ledgerBytes = 4 << 20

// read folds the partition up to its present end. It fails on a record of a newer
// build: an incomplete ledger would give wrong answers.
func (l *knownLedger) read(ctx context.Context, client *kgo.Client, topic string, partition int32) error {
	from, to, err := bounds(ctx, client, topic, partition)
	if err != nil {
		return err
	}
	// What is left begins now, unless a record says otherwise.
	if from > 0 {
		l.reach = time.Now()
	}
	first := true
	return kafkaclient.NewScanner(client, topic, ledgerBytes).Read(ctx, partition, from, to, func(r *kgo.Record) error {
		if first && r.Offset > 0 {
			l.reach = r.Timestamp
		}
		first = false
		return l.fold(r)
	})
}

// fold adds a fence, or a record of a wanted appointment.
func (l *knownLedger) fold(r *kgo.Record) error {
	if len(r.Key) > 0 && !l.wanted[string(r.Key)] {
		return nil
	}
	e, err := ledger.Unmarshal(r.Value)
	var newer *ledger.NewerError
	switch {
	case errors.As(err, &newer):
		return fmt.Errorf("%s/%d, offset %d: %w", r.Topic, r.Partition, r.Offset, newer)
	case err != nil:
		return nil // a worker skips it as well
	}
	l.index.Fold(&e, r.Timestamp, r.Timestamp)
	return nil
}

// bounds returns the first offset of a partition and the one after the last.
func bounds(ctx context.Context, client *kgo.Client, topic string, partition int32) (from, to int64, err error) {
	admin := kadm.NewClient(client)
	starts, err := admin.ListStartOffsets(ctx, topic)
	if err == nil {
		err = starts.Error()
	}
	if err != nil {
		return 0, 0, fmt.Errorf("offsets of topic %s: %w", topic, err)
	}
	ends, err := admin.ListCommittedOffsets(ctx, topic)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return 0, 0, fmt.Errorf("offsets of topic %s: %w", topic, err)
	}
	start, _ := starts.Lookup(topic, partition)
	end, _ := ends.Lookup(topic, partition)
	return start.Offset, end.Offset, nil
}
