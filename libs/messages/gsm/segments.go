package gsm

import (
	"strings"
	"unicode/utf16"
)

// Encoding is how the characters of a text message are sent.
type Encoding string

// The two encodings. One character outside the GSM alphabet turns the whole
// text into UCS-2.
const (
	GSM7 Encoding = "GSM-7"
	UCS2 Encoding = "UCS-2"
)

// Limits are how many units fit into one message, and into each part of a longer one.
type Limits struct {
	// GSM7 and GSM7Part count 7-bit units.
	GSM7, GSM7Part int
	// UCS2 and UCS2Part count 16-bit units.
	UCS2, UCS2Part int
}

// Standard returns the limits of 3GPP TS 23.040: 140 bytes, of which the parts
// of a longer message lose 6 to a header that joins them.
func Standard() Limits { return Limits{GSM7: 160, GSM7Part: 153, UCS2: 70, UCS2Part: 67} }

// TollFree returns the limits of toll-free numbers in the USA and Canada.
// Source: Twilio's glossary, "What is a segment".
func TollFree() Limits { return Limits{GSM7: 152, GSM7Part: 152, UCS2: 66, UCS2Part: 66} }

// LimitsOf returns the limits of a sender in E.164 form.
func LimitsOf(sender string) Limits {
	if tollFree(sender) {
		return TollFree()
	}
	return Standard()
}

// tollFree reports whether a number has a toll-free area code of the North
// American Numbering Plan: 800, 833 to 888, and 822, which is set aside for
// them (47 CFR 52.101 and the administrator's list).
func tollFree(number string) bool {
	code, ok := strings.CutPrefix(number, "+18")
	return ok && len(code) >= 2 && code[0] == code[1] && strings.IndexByte("02345678", code[0]) >= 0
}

// Count is the cost of a text.
type Count struct {
	Encoding Encoding
	// Units are 7-bit units for GSM7 and 16-bit units for UCS2.
	Units int
	// Segments is the number of segments, which are billed and count against rate
	// limits; at least 1.
	Segments int
}

// Count returns the cost of text. A character is never split: an extension character,
// or one outside the Basic Multilingual Plane, that does not fit at the end of a part
// begins the next one.
func (l Limits) Count(text string) Count {
	encoding, cost, one, part := GSM7, Septets, l.GSM7, l.GSM7Part
	if !Encodable(text) {
		encoding, cost, one, part = UCS2, units16, l.UCS2, l.UCS2Part
	}
	units, segments, used := 0, 1, 0
	for _, r := range text {
		n := cost(r)
		if units += n; used+n > part {
			segments, used = segments+1, 0
		}
		used += n
	}
	if units <= one {
		segments = 1
	}
	return Count{Encoding: encoding, Units: units, Segments: segments}
}

// units16 returns how many 16-bit units r takes. Invalid UTF-8 reads as U+FFFD,
// one unit.
func units16(r rune) int { return max(1, utf16.RuneLen(r)) }
