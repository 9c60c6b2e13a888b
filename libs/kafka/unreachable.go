package kafka

import (
	"errors"
	"fmt"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
)

// UnreachableError means that no broker answered: waiting may help.
type UnreachableError struct {
	// Servers are the addresses that were tried.
	Servers []string
	Err     error
}

// Unreachable returns err as an UnreachableError, unless the brokers did answer
// and the topics are not as they should be.
func Unreachable(servers []string, err error) error {
	var mismatch *topics.MismatchError
	if errors.As(err, &mismatch) {
		return err
	}
	return &UnreachableError{Servers: servers, Err: err}
}

// Error names the addresses.
func (e *UnreachableError) Error() string {
	return fmt.Sprintf("no Kafka broker answers at %v (KAFKA_BOOTSTRAP_SERVERS): %v", e.Servers, e.Err)
}

// Unwrap returns the network's error.
func (e *UnreachableError) Unwrap() error { return e.Err }
