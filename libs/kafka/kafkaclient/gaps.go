package kafkaclient

import "fmt"

// DeletedError means that retention, or an operator, has deleted a part of the offsets
// to be read.
type DeletedError struct {
	Topic     string
	Partition int32
	// From is the offset that was to be read next, Start where the log begins.
	From, Start int64
}

// Error says what is missing.
func (e *DeletedError) Error() string {
	return fmt.Sprintf("%s/%d has no records from offset %d to %d any more", e.Topic, e.Partition, e.From, e.Start)
}

// TruncatedError means that the log ends before an offset that it is known to have
// held: a replica without the last records became leader.
type TruncatedError struct {
	Topic     string
	Partition int32
	// To is the end of the stretch to be read, End that of the log, or an offset above
	// it.
	To, End int64
}

// Error says what is missing.
func (e *TruncatedError) Error() string {
	return fmt.Sprintf("%s/%d ends at offset %d although it once reached %d", e.Topic, e.Partition, e.End, e.To)
}
