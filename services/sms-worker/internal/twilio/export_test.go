package twilio

import (
	"net/http"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// SetTransport replaces what is below the adapter's requests.
func (s *Sender) SetTransport(t http.RoundTripper) { s.client.Transport = t }

// KnownCodes returns how many error codes are in the table.
func KnownCodes() int { return len(refusals()) }

// ErrorCode is errorCode.
func ErrorCode(body []byte) int { return errorCode(body) }

// Refused is the class that a complete answer has.
func (s *Sender) Refused(status int, body []byte) *domain.Failure {
	return s.refused(status, errorCode(body), 0)
}

// ReceiptOf reads what a message tells of its way.
func ReceiptOf(raw []byte) (ports.Receipt, bool) {
	m, ok := readStatus(raw)
	if !ok {
		return ports.Receipt{}, false
	}
	return m.receipt(time.Unix(1, 0)), true
}

// ParseHandle reads a handle and writes it again.
func ParseHandle(text string) (again string, ok bool) {
	h, ok := parseHandle(text)
	return h.String(), ok
}
