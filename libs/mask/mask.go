// Package mask hides e-mail addresses and phone numbers in text that people see:
// listings, logs and errors. It errs on the side of hiding: text that only looks like a
// recipient is hidden too, and input that cannot be understood is not shown at all. The
// functions have no state and may be called concurrently.
//
// It finds recipients in many spellings: in other scripts' digits and widths, with
// no-break spaces and hyphens, percent-encoded, as escapes of JSON and HTML, in base64
// or hexadecimal. Dates and times, UTC offsets, short numbers, UUIDs and hashes stay
// readable.
package mask

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const (
	// minText is the number of digits from which a number in a text is hidden.
	minText = 7
	// minID is that for ids, which are mostly numbers.
	minID = 10
	// minMarked is that for numbers with a plus or "tel:" before them. It is above the
	// four digits of a UTC offset.
	minMarked = 5
)

// hidden replaces text that is not shown at all.
const hidden = "***"

// Text returns s in one line with every address and number hidden. The result is in
// Unicode's form NFKC, without control characters.
func Text(s string) string { return text(s, minText) }

// Identifier returns an id for display: a record key or an appointment id.
// Unlike Text it shows numbers of up to 9 digits.
func Identifier(s string) string {
	return text(s, minID)
}

// Recipient reports whether Text would hide a part of s.
func Recipient(s string) bool { return Text(s) != clean(s) }

// Printable replaces characters that a terminal might act upon, and hides nothing.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// text hides the recipients that are found with all escapes undone. Only if there are
// none, s keeps its escapes.
func text(s string, least int) string {
	written := clean(s)
	plain := unescaped(written)
	if masked := hide(plain, least, maxNesting); masked != plain {
		return masked
	}
	return hide(written, least, maxNesting)
}

// maxNesting bounds how often encoded text may be encoded again.
const maxNesting = 3

// hide masks a text without escapes.
func hide(s string, least, nesting int) string {
	return hideNumbers(hideAddresses(hideEncoded(s, nesting)), least)
}

// clean normalizes s (NFKC: a full-width @ becomes an @, a no-break space a space) and
// removes control characters and invisible ones, which could split the digits of a
// number.
func clean(s string) string {
	visible := strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r), r == '\u034f':
			return -1
		case unicode.IsControl(r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return norm.NFKC.String(visible)
}
