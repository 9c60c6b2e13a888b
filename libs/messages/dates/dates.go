// Package dates writes dates and times as a language does. Names and patterns
// are CLDR's, made into a table by `make dates`; digits are always Latin, since
// clocks, tickets and calendars that patients compare with have them.
package dates

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// House is the tag of English without a region. It keeps the wording that
// messages always had: day first, 24 hours. CLDR takes "en" for the USA's.
const House = "en"

// Style is how one language, perhaps of one region, writes dates. It is
// immutable and may be used concurrently.
type Style struct {
	// date, short and clock are patterns of CLDR (UTS 35): a weekday with the
	// whole date, the same in few characters, and the time of day.
	date, short, clock string
	// months are in the form that stands beside a day.
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

// write fills a pattern. Letters outside quotes are fields, as many of one kind
// as stand together; everything else is text.
func (s *Style) write(pattern string, t time.Time) string {
	var out strings.Builder
	for quoted := false; pattern != ""; {
		c := pattern[0]
		n := 1
		switch {
		case c == '\'':
			quoted = !quoted
		case quoted || (c < 'a' || c > 'z') && (c < 'A' || c > 'Z'):
			out.WriteByte(c)
		default:
			n = len(pattern) - len(strings.TrimLeft(pattern, string(c)))
			out.WriteString(s.field(c, n, t))
		}
		pattern = pattern[n:]
	}
	return out.String()
}

// field returns a field of n letters.
func (s *Style) field(letter byte, n int, t time.Time) string {
	switch letter {
	case 'E':
		return pick(n > 3, s.days[t.Weekday()], s.shortDays[t.Weekday()])
	case 'y':
		return t.Format("2006")
	case 'd':
		return digits(t.Day(), n)
	case 'M':
		if n > 2 {
			return pick(n > 3, s.months[t.Month()-1], s.shortMonths[t.Month()-1])
		}
		return digits(int(t.Month()), n)
	case 'H':
		return digits(t.Hour(), n)
	case 'h':
		return digits((t.Hour()+11)%12+1, n)
	case 'm':
		return digits(t.Minute(), n)
	default: // 'a', the only other letter that the table's patterns have
		return pick(t.Hour() < 12, s.am, s.pm)
	}
}

func pick(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

// digits returns v with at least n digits.
func digits(v, n int) string {
	text := strconv.Itoa(v)
	return strings.Repeat("0", max(0, n-len(text))) + text
}
