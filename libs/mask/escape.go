package mask

import (
	"encoding/hex"
	"html"
	"strconv"
	"strings"
	"unicode/utf16"
)

// maxRounds is how deeply escapes may be nested: %2540 is %40 is @.
const maxRounds = 4

// unescaped undoes the escapes of URLs, JSON and HTML.
func unescaped(s string) string {
	for range maxRounds {
		next := clean(html.UnescapeString(unescape(s)))
		if next == s {
			break
		}
		s = next
	}
	return s
}

// unescape undoes %40, \u0040, \x40, \" and \\ once. Other text stays.
func unescape(s string) string {
	if !strings.ContainsAny(s, `%\`) {
		return s
	}
	var out strings.Builder
	for len(s) > 0 {
		text, n := escapeAt(s)
		if n == 0 {
			text, n = s[:1], 1
		}
		out.WriteString(text)
		s = s[n:]
	}
	return out.String()
}

// escapeAt decodes the escape at the start of s and returns its length; 0 if there is
// none.
func escapeAt(s string) (text string, n int) {
	switch {
	case s[0] == '%':
		if b, err := hex.DecodeString(s[1:min(3, len(s))]); err == nil && len(b) == 1 {
			return string(b), 3
		}
	case s[0] != '\\' || len(s) < 2:
	case s[1] == 'u':
		if unit, ok := hexadecimal(s, 2, 4); ok {
			return utf16At(s, rune(unit))
		}
	case s[1] == 'x':
		if b, ok := hexadecimal(s, 2, 2); ok {
			return string(rune(b)), 4
		}
	case s[1] == '"' || s[1] == '\\' || s[1] == '/':
		return s[1:2], 2
	}
	return "", 0
}

// utf16At reads a character that may need two \u escapes.
func utf16At(s string, unit rune) (text string, n int) {
	const one = len(`\u0040`)
	if utf16.IsSurrogate(unit) && strings.HasPrefix(s[one:], `\u`) {
		if low, ok := hexadecimal(s, one+2, 4); ok {
			return string(utf16.DecodeRune(unit, rune(low))), 2 * one
		}
	}
	return string(unit), one
}

// hexadecimal reads n digits of s at i.
func hexadecimal(s string, i, n int) (value uint16, ok bool) {
	if len(s) < i+n {
		return 0, false
	}
	v, err := strconv.ParseUint(s[i:i+n], 16, 16)
	return uint16(v), err == nil
}
