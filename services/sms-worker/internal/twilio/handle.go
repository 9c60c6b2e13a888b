package twilio

import (
	"strings"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// handlePrefix names the provider and the version of the handle's form.
const handlePrefix = "twilio:v1:"

// handle identifies a message: its account, its recipient and the reference in its
// text. Neither the rest of the text nor the sending number is part of it, so both may
// change.
type handle struct {
	account   string
	to        string
	reference string
}

func handleOf(account, to string, key domain.Key) handle {
	return handle{account: account, to: to, reference: key.Reference()}
}

// String returns the handle's text for the ledger. It contains the recipient's number
// and must not be used elsewhere.
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

// minReference is the least length of a reference that is searched for: a shorter one
// could occur in a text by chance.
const minReference = 6

// validReference reports whether r is a word of base32 (RFC 4648 section 6).
func validReference(r string) bool {
	return len(r) >= minReference && strings.Trim(r, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}

// in reports whether the reference occurs in body as a whole word. Texts of other
// appointments to the same number have other references.
func (h handle) in(body string) bool { return domain.ReferenceIn(body, h.reference) }
