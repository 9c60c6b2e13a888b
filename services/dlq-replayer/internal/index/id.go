package index

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// id is a dead letter's id in 16 bytes: half of its text, and no pointer for the
// garbage collector to follow.
type id [16]byte

// idOf returns the id of text. own reports whether the id can be turned back into text;
// for another tool's id it is a hash.
func idOf(text string) (short id, own bool) {
	if len(text) == hex.EncodedLen(len(short)) && strings.ToLower(text) == text {
		if _, err := hex.Decode(short[:], []byte(text)); err == nil {
			return short, true
		}
	}
	sum := sha256.Sum256([]byte(text))
	return id(sum[:len(short)]), false
}

// text returns the text of an own id.
func (i id) text() string { return hex.EncodeToString(i[:]) }
