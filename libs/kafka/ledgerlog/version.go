package ledgerlog

import (
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
)

// NewerError is returned for a ledger in which a newer build has written.
// It ends the worker: passing over a record that cannot be read might mean to
// send again, and waiting does not help.
type NewerError struct {
	Topic     string
	Partition int32
	Offset    int64
	Cause     *ledger.NewerError
}

// Error says where the record stands and what to do.
func (e *NewerError) Error() string {
	return fmt.Sprintf("ledger %s/%d holds at offset %d %v", e.Topic, e.Partition, e.Offset, e.Cause)
}

// Unusable says that opening the ledger again does not help (engine.Unusable).
func (e *NewerError) Unusable() {}

// Unwrap returns what is wrong with the record.
func (e *NewerError) Unwrap() error { return e.Cause }

// newerLedger returns an error for what must not be passed over, nil for what
// is no ledger record.
func newerLedger(r *kgo.Record, err error) error {
	var newer *ledger.NewerError
	if !errors.As(err, &newer) {
		return nil
	}
	return &NewerError{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Cause: newer}
}
