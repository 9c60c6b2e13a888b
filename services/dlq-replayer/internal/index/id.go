package index

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// id is a dead letter's id in 16 bytes: half of its text, and no pointer for the
// garbage collector to follow.
type id [16]byte

// idOf returns the id that text stands for. own reports whether id says all that
// text does; of what another tool made up it is a hash.
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
