package ledgerlog

import (
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
)

// NewerError is returned for a ledger in which a newer build has written. It ends the
// worker: skipping a record that cannot be read might cause a second send, and waiting
// does not help.
type NewerError struct {
	Topic     string
	Partition int32
	Offset    int64
	Cause     *ledger.NewerError
}

// Error names the record's place and what to do.
func (e *NewerError) Error() string {
	return fmt.Sprintf("ledger %s/%d holds at offset %d %v", e.Topic, e.Partition, e.Offset, e.Cause)
}

// Unusable says that opening the ledger again does not help (engine.Unusable).
func (e *NewerError) Unusable() {}

// Unwrap returns what is wrong with the record.
func (e *NewerError) Unwrap() error { return e.Cause }

// newerLedger returns an error for a record of a newer build, which must not be
// skipped, and nil for a value that is not a ledger record.
func newerLedger(r *kgo.Record, err error) error {
	var newer *ledger.NewerError
	if !errors.As(err, &newer) {
		return nil
	}
	return &NewerError{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Cause: newer}
}
