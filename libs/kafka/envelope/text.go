package envelope

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// plain returns s as valid UTF-8 without control characters: headers end up in
// terminals and in log collectors, which split at line breaks.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// cut returns the longest prefix of s that has at most limit bytes and ends
// with a whole character.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// FormatTime writes t in UTC as RFC 3339, with the milliseconds that Kafka keeps. A
// producer may put any 64-bit number of milliseconds on a record; a time that RFC 3339
// cannot express is written as that number.
func FormatTime(t time.Time) string {
	t = t.UTC()
	if y := t.Year(); y < 1 || y > 9999 {
		return strconv.FormatInt(t.UnixMilli(), 10)
	}
	// Package time is twice as fast with this layout as with one that has fractions.
	var room [len("2006-01-02T15:04:05.000Z")]byte
	b := t.AppendFormat(room[:0], time.RFC3339)
	millis := t.Nanosecond() / int(time.Millisecond)
	b = append(b[:len(b)-1], '.', digit(millis/100), digit(millis/10), digit(millis), 'Z')
	return string(b)
}

// digit returns the last digit of n.
func digit(n int) byte { return "0123456789"[n%10] }

func parseTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err == nil {
		return t.UTC(), nil
	}
	if ms, e := strconv.ParseInt(s, 10, 64); e == nil {
		return time.UnixMilli(ms).UTC(), nil
	}
	return time.Time{}, err
}
