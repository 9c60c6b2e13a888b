package mailgun

import (
	"encoding/hex"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// handlePrefix names the provider and the version of the handle's form.
const handlePrefix = "mailgun:v1:"

// handle identifies a message: its domain and its Message-Id. It does not depend on the
// message's content.
type handle struct {
	domain string
	// messageID has no angle brackets, as in Mailgun's records.
	messageID string
}

// handleOf returns the handle of a message that is sent from sendingDomain.
func handleOf(sendingDomain string, key domain.Key) handle {
	var room [256]byte
	return handle{domain: sendingDomain, messageID: string(appendMessageID(room[:0], sendingDomain, key))}
}

// appendMessageID appends the Message-Id without its angle brackets. The local part
// is exactly as long as RFC 5321 section 4.5.3.1.1 allows.
func appendMessageID(to []byte, sendingDomain string, key domain.Key) []byte {
	return append(append(hex.AppendEncode(to, key[:]), '@'), sendingDomain...)
}

// String returns the handle's text for the ledger.
func (h handle) String() string { return handlePrefix + h.domain + ":" + h.messageID }

// parseHandle reads what String wrote, perhaps long ago in another process.
func parseHandle(text string) (handle, bool) {
	rest, ok := strings.CutPrefix(text, handlePrefix)
	sendingDomain, id, found := strings.Cut(rest, ":")
	if !ok || !found || id == "" || !validDomain(sendingDomain) {
		return handle{}, false
	}
	return handle{domain: sendingDomain, messageID: id}, true
}
