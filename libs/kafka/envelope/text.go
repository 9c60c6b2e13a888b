package envelope

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// plain returns s as valid UTF-8 without control characters: a header is read
// by terminals and by log collectors that end a line at a line break.
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

// timeLayout is RFC 3339 with the milliseconds that Kafka keeps.
const timeLayout = "2006-01-02T15:04:05.000Z07:00"

// FormatTime writes t in UTC. A producer may put any 64-bit number of
// milliseconds on a record; what RFC 3339 cannot say is written as that number.
func FormatTime(t time.Time) string {
	if y := t.UTC().Year(); y < 1 || y > 9999 {
		return strconv.FormatInt(t.UnixMilli(), 10)
	}
	return t.UTC().Truncate(time.Millisecond).Format(timeLayout)
}

func parseTime(s string) (time.Time, error) {
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil {
		return time.UnixMilli(ms).UTC(), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	return t.UTC(), err
}
