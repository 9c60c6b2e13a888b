package receipts

import (
	"encoding/binary"
	"encoding/hex"
)

// The id and the Ref of each waiting message are kept in one text, in which lower-case
// hexadecimal digits at the beginning of the id take half the space.

// pack returns that text.
func pack(m Message) string {
	digits := hexPrefix(m.ProviderID)
	rest := m.ProviderID[digits:]
	var room [512]byte // enough for almost all, which then need no buffer on the heap
	b := appendLength(appendLength(room[:0], digits/2), len(rest))
	for i := 0; i < digits; i += 2 {
		b = append(b, nibble(m.ProviderID[i])<<4|nibble(m.ProviderID[i+1]))
	}
	return string(append(append(b, rest...), m.Ref...))
}

// unpack reverses pack.
func unpack(packed string) (id, ref string) {
	digits, packed := cutLength(packed)
	rest, packed := cutLength(packed)
	return hex.EncodeToString([]byte(packed[:digits])) + packed[digits:digits+rest], packed[digits+rest:]
}

func appendLength(to []byte, n int) []byte {
	return binary.AppendUvarint(to, uint64(n)) //nolint:gosec // a length is not negative
}

func cutLength(s string) (int, string) {
	var head [binary.MaxVarintLen64]byte
	n, size := binary.Uvarint(head[:copy(head[:], s)])
	return int(n), s[size:] //nolint:gosec // the length of a text in memory
}

// hexPrefix returns the even number of lower-case hexadecimal digits that s
// begins with.
func hexPrefix(s string) int {
	n := 0
	for n < len(s) && ('0' <= s[n] && s[n] <= '9' || 'a' <= s[n] && s[n] <= 'f') {
		n++
	}
	return n &^ 1
}

// nibble returns the value of a lower-case hexadecimal digit.
func nibble(digit byte) byte {
	if digit <= '9' {
		return digit - '0'
	}
	return digit - 'a' + 10
}
