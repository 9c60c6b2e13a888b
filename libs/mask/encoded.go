package mask

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// minToken is the length of the shortest recipient in base64.
const minToken = 8

// hideEncoded hides tokens that contain a recipient in base64 or hexadecimal.
func hideEncoded(s string, nesting int) string {
	if nesting == 0 || len(s) < minToken {
		return s
	}
	var out strings.Builder
	for len(s) > 0 {
		n := 0
		for n < len(s) && inBase64(s[n]) {
			n++
		}
		token := s[:n]
		for n < len(s) && s[n] == '=' && n < len(token)+2 {
			n++ // padding
		}
		switch {
		case n == 0:
			_, n = utf8.DecodeRuneInString(s)
			out.WriteString(s[:n])
		case len(token) >= minToken && holds(token, nesting):
			out.WriteString(hidden)
		default:
			out.WriteString(s[:n])
		}
		s = s[n:]
	}
	return out.String()
}

func inBase64(c byte) bool {
	return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("+/-_", c) >= 0
}

// holds reports whether a token, decoded from base64 or hexadecimal, contains a
// recipient. The token may begin with a name, so every alignment is tried.
func holds(token string, nesting int) bool {
	if raw, err := hex.DecodeString(token); err == nil && personal(raw, nesting) {
		return true
	}
	token = strings.NewReplacer("-", "+", "_", "/").Replace(token)
	for skip := range min(4, len(token)) {
		part := token[skip:]
		if len(part)%4 == 1 {
			part = part[:len(part)-1]
		}
		if raw, err := base64.RawStdEncoding.DecodeString(part); err == nil && personal(raw, nesting) {
			return true
		}
	}
	return false
}

// personal reports whether decoded bytes contain a recipient. In bytes that are not
// text, such as a binary message, only matches count that can hardly be chance, because
// ids and hashes look like base64, too.
func personal(raw []byte, nesting int) bool {
	if utf8.Valid(raw) {
		plain := unescaped(clean(string(raw)))
		if strings.IndexFunc(string(raw), unprintable) < 0 && hide(plain, minText, nesting-1) != plain {
			return true
		}
	}
	return digitRun(raw) || plainAddress(raw)
}

// digitRun reports whether raw contains minText ASCII digits in a row.
func digitRun(raw []byte) bool {
	row := 0
	for _, c := range raw {
		if row++; c < '0' || c > '9' {
			row = 0
		}
		if row == minText {
			return true
		}
	}
	return false
}

// plainAddress reports whether raw contains an @ with at least two ASCII letters or
// digits before it, and at least three, with a dot among them, behind it.
func plainAddress(raw []byte) bool {
	for i, c := range raw {
		if c != '@' || i < 2 || !inName(raw[i-1]) || !inName(raw[i-2]) {
			continue
		}
		end := i + 1
		for end < len(raw) && (inName(raw[end]) || raw[end] == '.' || raw[end] == '-') {
			end++
		}
		if domain := raw[i+1 : end]; len(domain) > 3 && bytes.IndexByte(domain[1:], '.') >= 0 {
			return true
		}
	}
	return false
}

func inName(c byte) bool {
	return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
}

func unprintable(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == 0x7f }
