package receipts

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
)

// Of each message that waits one text is kept: its id, where it begins with
// lower-case hexadecimal digits in half the space, and its Ref.

// pack returns that text.
func pack(m Message) string {
	digits := hexPrefix(m.ProviderID)
	var b strings.Builder
	rest := m.ProviderID[digits:]
	var head [2 * binary.MaxVarintLen64]byte
	lengths := appendLength(appendLength(head[:0], digits/2), len(rest))
	b.Grow(len(lengths) + digits/2 + len(rest) + len(m.Ref))
	b.Write(lengths)
	raw, _ := hex.DecodeString(m.ProviderID[:digits]) // it consists of digits
	b.Write(raw)
	b.WriteString(rest)
	b.WriteString(m.Ref)
	return b.String()
}

// unpack returns what pack was given.
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
	for n < len(s) && strings.IndexByte("0123456789abcdef", s[n]) >= 0 {
		n++
	}
	return n &^ 1
}
