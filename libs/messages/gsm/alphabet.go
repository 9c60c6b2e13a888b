package gsm

import "strings"

const (
	// basic holds the characters of the basic table that are not ASCII letters, digits
	// or punctuation. The grave accent is the only printable ASCII character in neither
	// table.
	basic = "£¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà\n\r"
	// extension holds the extension table: each of these is sent as two characters, an
	// escape and a code.
	extension = "\f^{}\\[~]|€"
)

// Septets returns how many 7-bit units r takes: 1 in the basic table, 2 in the
// extension table, 0 if the alphabet does not have it.
func Septets(r rune) int {
	switch {
	case ' ' <= r && r <= 'Z', 'a' <= r && r <= 'z': // most of any text; needs no search in a table
		return 1
	case strings.ContainsRune(extension, r):
		return 2
	case r == '_', strings.ContainsRune(basic, r):
		return 1
	default:
		return 0
	}
}

// Encodable reports whether every character of text is in the alphabet.
func Encodable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return Septets(r) == 0 })
}

// Len returns the length of text in 7-bit units, extension characters counted twice.
// Characters outside the alphabet are not counted.
func Len(text string) int {
	n := 0
	for _, r := range text {
		n += Septets(r)
	}
	return n
}

// Cut returns the longest beginning of text that takes at most limit units.
func Cut(text string, limit int) string {
	used := 0
	for i, r := range text {
		if used += Septets(r); used > limit {
			return text[:i]
		}
	}
	return text
}
