package mask

import "strings"

// opaque returns the length of the UUID or hash at i, in which long runs of digits are
// chance; 0 for other text. Digits alone are not a hash.
func opaque(text []rune, i int) int {
	if i > 0 && (isHex(text[i-1]) || text[i-1] == '+') || !isHex(text[i]) {
		return 0
	}
	n, letters := 0, 0
	for i+n < len(text) && n <= longestHash && (isHex(text[i+n]) || text[i+n] == '-') {
		if text[i+n] > '9' {
			letters++
		}
		n++
	}
	switch token := string(text[i : i+n]); {
	case letters == 0:
	case n == 36 && isUUID(token):
		return n
	case (n == 32 || n == 40 || n == longestHash) && !strings.Contains(token, "-"):
		return n
	}
	return 0
}

// longestHash is the length of a SHA-256 in hexadecimal.
const longestHash = 64

// isUUID reports whether 36 hexadecimal digits and hyphens are a UUID.
func isUUID(s string) bool {
	for i := range len(s) {
		if (i == 8 || i == 13 || i == 18 || i == 23) != (s[i] == '-') {
			return false
		}
	}
	return true
}

func isHex(r rune) bool { return '0' <= r && r <= '9' || 'a' <= r && r <= 'f' || 'A' <= r && r <= 'F' }
