// Package mask hides e-mail addresses and phone numbers in what people see of
// dead letters. It errs on the side of hiding: what only looks like a number is
// hidden too, and what cannot be understood is not shown at all.
package mask

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// minDigits is from how many digits on a run of digits may be a phone number.
const minDigits = 7

// Masker masks texts. Safe for concurrent use.
type Masker struct{ address, number, moment *regexp.Regexp }

// New returns a Masker.
func New() *Masker {
	return &Masker{
		// Also as it stands in a URL and in escaped JSON.
		address: regexp.MustCompile(`(?i)[^\s"'<>(),;:=\[\]]+(@|%40|\\u0040)[^\s"'<>(),;\[\]]+`),
		number:  regexp.MustCompile(`\+?\(?\d[\d ().\-/]*\d`),
		moment:  regexp.MustCompile(`^\d{4}-\d{2}-\d{2}`),
	}
}

// Text returns s with everything hidden that looks like an address or a phone
// number, and without control characters.
func (m *Masker) Text(s string) string {
	s = m.address.ReplaceAllStringFunc(Printable(s), Address)
	return m.number.ReplaceAllStringFunc(s, func(found string) string {
		if digits(found) < minDigits || m.moment.MatchString(found) {
			return found
		}
		return Number(found)
	})
}

// Identifier returns an id for display: a record key or an appointment id. Ids
// are mostly numbers, so that only an address, or what is written like a phone
// number or is as long as one, is hidden.
func (m *Masker) Identifier(s string) string {
	if strings.ContainsAny(s, "@%\\") || strings.HasPrefix(s, "+") {
		return m.Text(s)
	}
	if n := digits(s); n >= 10 && n == utf8.RuneCountInString(s) {
		return Number(s)
	}
	return Printable(s)
}

// Address hides an e-mail address: "m***@c***.example".
func Address(s string) string {
	at := strings.LastIndexAny(s, "@")
	if at < 0 {
		return "***"
	}
	dot := strings.LastIndex(s, ".")
	if dot < at {
		return first(s[:at]) + "***@***"
	}
	return first(s[:at]) + "***@" + first(s[at+1:dot]) + "***" + s[dot:]
}

// Number hides a phone number but for its last two digits: "***01".
func Number(s string) string {
	var kept []rune
	for _, r := range s {
		if unicode.IsDigit(r) {
			kept = append(kept, r)
		}
	}
	if len(kept) < minDigits {
		return "***"
	}
	return "***" + string(kept[len(kept)-2:])
}

func first(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 || r == utf8.RuneError {
		return ""
	}
	return string(r)
}

func digits(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

// Printable replaces what a terminal might act upon.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
