package twilio

import "github.com/kafka-notifications/kafka-notifications/libs/domain"

// KnownCodes returns how many error codes are in the table.
func KnownCodes() int { return len(refusals()) }

// ErrorCode is errorCode.
func ErrorCode(body []byte) int { return errorCode(body) }

// Refused is the class that a complete answer has.
func (s *Sender) Refused(status int, body []byte) *domain.Failure {
	return s.refused(status, errorCode(body), 0)
}

// ParseHandle reads a handle and writes it again.
func ParseHandle(text string) (again string, ok bool) {
	h, ok := parseHandle(text)
	return h.String(), ok
}
