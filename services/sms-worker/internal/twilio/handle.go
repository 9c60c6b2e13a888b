package twilio

import (
	"strings"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// handlePrefix names the provider and the version of the handle's form.
const handlePrefix = "twilio:v1:"

// handle is how a message is found again: in the list of its account, by its
// recipient and the reference in its text. Neither the rest of the text nor the
// sending number is part of it, so both may change.
type handle struct {
	account   string
	to        string
	reference string
}

func handleOf(account, to string, key domain.Key) handle {
	return handle{account: account, to: to, reference: key.Reference()}
}

// String returns the text that stands in the ledger. It holds the recipient's
// number and belongs nowhere else.
func (h handle) String() string {
	return handlePrefix + h.account + ":" + h.to + ":" + h.reference
}

// parseHandle reads what String wrote, perhaps long ago in another process.
func parseHandle(text string) (handle, bool) {
	rest, ok := strings.CutPrefix(text, handlePrefix)
	parts := strings.Split(rest, ":")
	if !ok || len(parts) != 3 {
		return handle{}, false
	}
	h := handle{account: parts[0], to: parts[1], reference: parts[2]}
	return h, validAccount(h.account) && validNumber(h.to) && validReference(h.reference)
}

// minReference is the least length of a reference that is searched for: a
// shorter one could stand in a text by chance.
const minReference = 6

// validReference reports whether r is a word of base32 (RFC 4648 section 6).
func validReference(r string) bool {
	return len(r) >= minReference && strings.Trim(r, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}

// in reports whether the reference stands in body as a whole word. Texts of other
// appointments to the same number have another one.
func (h handle) in(body string) bool { return domain.ReferenceIn(body, h.reference) }
