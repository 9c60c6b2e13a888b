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

// CheckBrand is the one rule about what text messages can come from. Its error
// goes on after the name of what holds the brand.
func CheckBrand(brand string) error {
	shortest := gsm.Cut(gsm.Fold(brand), LeastBrand) // what every text has room for
	switch {
	case gsm.Loses(brand):
		return errors.New("must be in letters that text messages have (GSM alphabet: Latin, some Greek capitals): some of its letters would be left out, and patients would read another name")
	case !strings.ContainsFunc(shortest, isNameRune):
		return errors.New("must have a letter or digit, and not only behind a row of other characters")
	default:
		return nil
	}
}

// Short is what one text message is about.
type Short struct {
	Status domain.AppointmentStatus
	// Brand is whom it is from; Reference is what a look-up searches for and what a
	// patient quotes.
	Brand, Reference string
	// At is the time that it names, as the clock shows it there.
	At time.Time
}

// SMS writes s for a sender with these limits, in no more segments than Segments.
// Where the words leave too little room for the brand it is cut, and nothing
// else is.
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

// cut returns the longest beginning of a brand that fits, which the whole of it does
// not: whole words where that costs less than half of it, and no loose punctuation.
func cut(brand string, fits func(string) bool) string {
	if brand == "" {
		return ""
	}
	ends := make([]int, 0, len(brand)) // where its characters begin
	for i := range brand {
		ends = append(ends, i)
	}
	low, high := 0, len(ends)-1 // ends[low] fits or nothing does
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

// abbreviation names the zone as people there do, and its offset: "CEST
// (UTC+02:00)". Zones without a name of their own have the offset only.
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
