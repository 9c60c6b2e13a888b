// Package mask hides e-mail addresses and phone numbers in what people see:
// listings, logs and errors. It errs on the side of hiding: what only looks
// like a recipient is hidden too, and of what cannot be understood nothing is
// shown. The functions have no state and may be called concurrently.
//
// A recipient is found however it is written: in other scripts' digits and
// widths, with no-break spaces and hyphens, percent-encoded, as escapes of JSON
// and HTML, in base64 or hexadecimal. Dates and times, UTC offsets, short
// numbers, UUIDs and hashes stay readable.
package mask

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const (
	// minText is from how many digits on a number in a text is hidden.
	minText = 7
	// minID is the same for ids, which are mostly numbers.
	minID = 10
	// minMarked is the same for what is marked as a phone number, by a plus or
	// by "tel:". A UTC offset has four digits at most.
	minMarked = 5
)

// hidden stands for what is not shown at all.
const hidden = "***"

// Text returns s in one line with every address and number hidden. What is left
// is in Unicode's form NFKC, without control characters.
func Text(s string) string { return text(s, minText) }

// Identifier returns an id for display: a record key or an appointment id.
// Unlike Text it shows numbers of up to 9 digits.
func Identifier(s string) string {
	return text(s, minID)
}

// Recipient reports whether Text would hide something of s.
func Recipient(s string) bool { return Text(s) != clean(s) }

// Printable replaces what a terminal might act upon, and hides nothing.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// text hides what is found with all escapes undone; only where that is nothing,
// s is shown as it was written.
func text(s string, least int) string {
	written := clean(s)
	plain := unescaped(written)
	if masked := hide(plain, least, maxNesting); masked != plain {
		return masked
	}
	return hide(written, least, maxNesting)
}

// maxNesting bounds how often something encoded may be encoded again.
const maxNesting = 3

// hide masks a text without escapes.
func hide(s string, least, nesting int) string {
	return hideNumbers(hideAddresses(hideEncoded(s, nesting)), least)
}

// clean writes s in the one form of each character (NFKC: a full-width @ is an
// @, a no-break space a space), without invisible characters, in which a number
// could hide its digits from a search, and without control characters.
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
