package domain

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Key is the delivery key: it identifies one notification. An event that is published
// twice, redelivered or replayed has the same key; a moved appointment or a corrected
// recipient has a different one. It is pseudonymous, not anonymous: anyone who knows
// the inputs can compute it.
type Key [sha256.Size]byte

// NewKey derives the key of one event on one channel to one recipient.
//
// The parts are length-prefixed, so that different inputs never give the same bytes.
// The time counts as an instant and the recipient as a mailbox: different spellings
// give the same key. A cancellation is a notification of its own; the other statuses
// only choose the words and add nothing.
func NewKey(e *Event, ch Channel, recipient string) Key {
	parts := make([]string, 0, 6)
	parts = append(parts, e.AppointmentID, string(ch), mailbox(recipient), e.Time.UTC().Format(time.RFC3339Nano))
	if e.Revision != nil {
		parts = append(parts, fmt.Sprint(*e.Revision))
	}
	if e.Status == AppointmentCancelled {
		parts = append(parts, string(e.Status))
	}
	return digest(parts...)
}

// digest hashes length-prefixed parts.
func digest(parts ...string) [sha256.Size]byte {
	b := make([]byte, 0, 256)
	for _, s := range parts {
		b = binary.BigEndian.AppendUint64(b, uint64(len(s)))
		b = append(b, s...)
	}
	return sha256.Sum256(b)
}

// ForAcceptedDuplicate derives the key of a replay that an operator allowed to
// be sent a second time. It depends on the dead letter, so that the same replay
// pressed twice is still sent once.
func (k Key) ForAcceptedDuplicate(deadLetterID string) Key {
	return sha256.Sum256(append(k[:], deadLetterID...))
}

// String returns the key as 64 hexadecimal digits.
func (k Key) String() string { return hex.EncodeToString(k[:]) }

// Reference returns the short form that a patient sees in a text message and
// that a look-up searches for: 8 characters of base32, 40 bits.
func (k Key) Reference() string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(k[:5])
}

// ReferenceIn reports whether a reference occurs in text as a whole word. The writer of
// texts and the look-up have to agree on that, so both call it.
func ReferenceIn(text, reference string) bool {
	for word := range strings.FieldsFuncSeq(text, notInWord) {
		if word == reference {
			return true
		}
	}
	return false
}

func notInWord(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

var errKey = errors.New("a delivery key is 64 hexadecimal digits")

// ParseKey reads what Key.String wrote.
func ParseKey(s string) (Key, error) {
	var k Key
	if len(s) != hex.EncodedLen(len(k)) {
		return Key{}, errKey
	}
	if _, err := hex.Decode(k[:], []byte(s)); err != nil {
		return Key{}, errKey
	}
	return k, nil
}
