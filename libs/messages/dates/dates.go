// Package dates writes dates and times in the style of a language. Names and patterns
// are CLDR's, made into a table by `make dates`. Digits are always Latin, as on the
// clocks, tickets and calendars that patients compare with.
package dates

import (
	"maps"
	"slices"
	"strconv"
	"time"
)

// House is the tag of English without a region. It keeps the wording that messages
// always had: day first, 24 hours. CLDR's "en" is that of the USA.
const House = "en"

// Style is the date style of one language, perhaps of one region. It is immutable and
// may be used concurrently.
type Style struct {
	// date, short and clock are patterns of CLDR (UTS 35): a weekday with the
	// whole date, the same in few characters, and the time of day.
	date, short, clock string
	// months are in the form that is used with a day.
	months, shortMonths [12]string
	// days begin with Sunday; shortDays have no full stop.
	days, shortDays [7]string
	am, pm          string
}

// Styles returns all styles by their BCP 47 tags.
func Styles() map[string]Style {
	styles := table()
	styles[House] = house(styles["en-GB"])
	return styles
}

// Tags lists the tags of Styles.
func Tags() []string { return slices.Sorted(maps.Keys(Styles())) }

func house(s Style) Style {
	s.date, s.short, s.clock = "EEEE, d MMMM y", "E d MMM y", "HH:mm"
	for i, month := range s.months {
		s.shortMonths[i] = month[:3]
	}
	return s
}

// Date returns the weekday and the date of t in full: "Tuesday, 5 May 2026".
func (s *Style) Date(t time.Time) string { return s.write(s.date, t) }

// Short returns the weekday and the date of t in few characters: "Di 05.05.2026".
func (s *Style) Short(t time.Time) string { return s.write(s.short, t) }

// Clock returns the time of day: "14:30".
func (s *Style) Clock(t time.Time) string { return s.write(s.clock, t) }

// Mapped returns the style with f applied to the names that Short and Clock
// write.
func (s Style) Mapped(f func(string) string) Style {
	for i, month := range s.shortMonths {
		s.shortMonths[i] = f(month)
	}
	for i, day := range s.shortDays {
		s.shortDays[i] = f(day)
	}
	s.am, s.pm = f(s.am), f(s.pm)
	return s
}

// room is enough for a date of any language.
const room = 96

// write fills a pattern. Each run of one letter outside quotes is a field; everything
// else is text.
func (s *Style) write(pattern string, t time.Time) string {
	out := make([]byte, 0, room)
	for quoted := false; pattern != ""; {
		c := pattern[0]
		n := 1
		switch {
		case c == '\'':
			quoted = !quoted
		case quoted || (c < 'a' || c > 'z') && (c < 'A' || c > 'Z'):
			out = append(out, c)
		default:
			for n < len(pattern) && pattern[n] == c {
				n++
			}
			out = s.appendField(out, c, n, t)
		}
		pattern = pattern[n:]
	}
	return string(out)
}

// appendField appends a field of n letters.
func (s *Style) appendField(out []byte, letter byte, n int, t time.Time) []byte {
	switch letter {
	case 'E':
		return append(out, pick(n > 3, s.days[t.Weekday()], s.shortDays[t.Weekday()])...)
	case 'y':
		return t.AppendFormat(out, "2006")
	case 'd':
		return appendDigits(out, t.Day(), n)
	case 'M':
		if n > 2 {
			return append(out, pick(n > 3, s.months[t.Month()-1], s.shortMonths[t.Month()-1])...)
		}
		return appendDigits(out, int(t.Month()), n)
	case 'H':
		return appendDigits(out, t.Hour(), n)
	case 'h':
		return appendDigits(out, (t.Hour()+11)%12+1, n)
	case 'm':
		return appendDigits(out, t.Minute(), n)
	default: // 'a', the only other letter that the table's patterns have
		return append(out, pick(t.Hour() < 12, s.am, s.pm)...)
	}
}

func pick(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

// appendDigits appends v, which has two digits at most, with at least n of them.
func appendDigits(out []byte, v, n int) []byte {
	if n > 1 && v < 10 {
		out = append(out, '0')
	}
	return strconv.AppendInt(out, int64(v), 10)
}
