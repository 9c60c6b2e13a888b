package gsm

import "strings"

const (
	// basic holds what the basic table has beyond the ASCII that it shares. The
	// grave accent is the one printable ASCII character that neither table has.
	basic = "£¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà\n\r"
	// extension holds the extension table: each of these is sent as an escape
	// and a character.
	extension = "\f^{}\\[~]|€"
)

// Septets returns how many 7-bit units r takes: 1 in the basic table, 2 in the
// extension table, 0 when the alphabet does not have it.
func Septets(r rune) int {
	switch {
	case ' ' <= r && r <= 'Z', 'a' <= r && r <= 'z': // most of any text, and looked for in no table
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

// Len returns the length of text in 7-bit units, extension characters counted
// twice. Characters outside the alphabet count as nothing.
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
