package messages

import (
	"errors"
	"strings"
	"time"
	"unicode"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/localtime"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/gsm"
)

// CheckBrand checks that text messages can show a brand. Its error continues the
// sentence after the name of the setting.
func CheckBrand(brand string) error {
	shortest := gsm.Cut(gsm.Fold(brand), LeastBrand) // the part that every text has room for
	switch {
	case gsm.Loses(brand):
		return errors.New("must be in letters that text messages have (GSM alphabet: Latin, some Greek capitals): some of its letters would be left out, and patients would read another name")
	case !strings.ContainsFunc(shortest, isNameRune):
		return errors.New("must have a letter or digit, and not only behind a row of other characters")
	default:
		return nil
	}
}

// Short holds the facts of one text message.
type Short struct {
	Status domain.AppointmentStatus
	// Brand is the sender's name; Reference is the code that a look-up searches for and
	// that a patient quotes.
	Brand, Reference string
	// At is the appointment's time, as the clock there shows it.
	At time.Time
}

// SMS writes s for a sender with these limits, in at most Segments segments. If there
// is too little room for the brand, the brand is cut, and nothing else.
func (l *Language) SMS(s *Short, limits gsm.Limits) string {
	local := inItsOffset(s.At)
	v := &values{
		date: l.smsStyle.Short(local), timeOfDay: l.smsStyle.Clock(local), zone: abbreviation(s.At), offset: shortOffset(local),
		reference: s.Reference, optOut: l.optOut,
	}
	p := &l.wordsFor(s.Status).sms
	whole := clean(s.Brand)
	if l.encoding == gsm.GSM7 {
		whole = gsm.Fold(whole)
	}
	text := ""
	fits := func(brandText string) bool {
		v[brand] = brandText
		text = l.message(p, v)
		return limits.Count(text).Segments <= l.segments
	}
	if !fits(whole) {
		v[brand] = cut(whole, fits)
		text = l.message(p, v)
	}
	return text
}

// message fills p; an empty opt-out leaves no space at the end.
func (l *Language) message(p *page, v *values) string {
	return l.directed(strings.TrimSpace(p.fill(v, asItIs)))
}

// cut returns the longest beginning of a brand that fits, for a brand that does not fit
// as a whole. It cuts at a word's end if that costs less than half of the room, and
// drops trailing punctuation.
func cut(brand string, fits func(string) bool) string {
	if brand == "" {
		return ""
	}
	ends := make([]int, 0, len(brand)) // where its characters begin
	for i := range brand {
		ends = append(ends, i)
	}
	low, high := 0, len(ends)-1 // ends[low] fits, or no beginning does
	for low < high {
		middle := (low + high + 1) / 2
		if fits(brand[:ends[middle]]) {
			low = middle
		} else {
			high = middle - 1
		}
	}
	short := brand[:ends[low]]
	if word := strings.LastIndexByte(short, ' '); word > len(short)/2 && brand[len(short)] != ' ' {
		short = short[:word]
	}
	return strings.TrimRightFunc(short, func(c rune) bool { return !isNameRune(c) })
}

func isNameRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// abbreviation returns the zone's usual abbreviation and its offset: "CEST
// (UTC+02:00)", or only the offset for zones without an abbreviation.
func abbreviation(at time.Time) string {
	name, offset := at.Format("MST"), localtime.Offset(at)
	if name == offset || strings.ContainsFunc(name, notLetter) {
		return offset
	}
	return name + " (" + offset + ")"
}

func notLetter(r rune) bool { return (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') }

// shortOffset returns an offset in few characters: "UTC+2", "UTC+5:30".
func shortOffset(at time.Time) string {
	sign, digits, ok := strings.Cut(strings.Replace(strings.Replace(localtime.Offset(at), "+", "+|", 1), "-", "-|", 1), "|")
	if !ok {
		return sign
	}
	return sign + strings.TrimSuffix(strings.TrimPrefix(digits, "0"), ":00")
}
