package kafkaclient

import (
	"crypto/tls"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"

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

// Error names the addresses, and the settings that the kind of error points to.
func (e *UnreachableError) Error() string {
	return fmt.Sprintf("no Kafka broker answers at %v (%s): %v", e.Servers, e.settings(), e.Err)
}

func (e *UnreachableError) settings() string {
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case errors.Is(e.Err, kerr.SaslAuthenticationFailed), errors.Is(e.Err, kerr.UnsupportedSaslMechanism):
		return "they refuse the credentials: KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD"
	case errors.As(e.Err, &certificate):
		return "their certificate is not trusted: KAFKA_TLS_CA_FILE"
	case errors.As(e.Err, &record):
		return "they speak no TLS there: KAFKA_SECURITY_PROTOCOL"
	default:
		return "KAFKA_BOOTSTRAP_SERVERS, KAFKA_SECURITY_PROTOCOL"
	}
}

// Unwrap returns the network's error.
func (e *UnreachableError) Unwrap() error { return e.Err }
