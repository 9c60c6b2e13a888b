package mask

import (
	"strings"
	"time"
	"unicode"
)

// moment returns the length of the date at i, or with timed of the date and time; 0 if
// no date begins there, or if it is part of a longer number.
func moment(text []rune, i int, timed bool) int {
	const longest = len("2026-05-04T09:30:00.123456789+02:00") + 1
	if i > 0 && (unicode.IsDigit(text[i-1]) || text[i-1] == '+') || !unicode.IsDigit(text[i]) {
		return 0
	}
	if i+len(time.DateOnly) > len(text) || text[i+4] != '-' {
		return 0
	}
	window := string(text[i:min(len(text), i+longest)])
	n := dateLength(window)
	if n > 0 && timed {
		n = timeEnd(window, n)
	}
	if n == 0 || i+n < len(text) && unicode.IsDigit(text[i+n]) {
		return 0
	}
	return n // the text read is ASCII, so bytes are characters
}

// dateLength returns the length of the date at the start of s, in a year that is
// plausible for appointments; 0 if s begins otherwise.
func dateLength(s string) int {
	if len(s) < len(time.DateOnly) {
		return 0
	}
	day, err := time.Parse(time.DateOnly, s[:len(time.DateOnly)])
	if err != nil || day.Year() < 1900 || day.Year() >= 2200 {
		return 0
	}
	return len(time.DateOnly)
}

// timeEnd returns where the time of day that begins at i ends, including seconds,
// fraction and offset, if present; 0 if there is no time of day.
func timeEnd(s string, i int) int {
	if i == len(s) || !strings.ContainsRune("Tt ", rune(s[i])) || !pair(s, i+1, 23) || !pair(after(s, i+3, ":"), 0, 59) {
		return 0
	}
	i += len("T09:30")
	if !pair(after(s, i, ":"), 0, 59) {
		return i
	}
	i += len(":00")
	if fraction := after(s, i, "."); fraction != "" {
		if n := len(fraction) - len(strings.TrimLeft(fraction, "0123456789")); 0 < n && n <= 9 {
			i += 1 + n
		}
	}
	return offsetEnd(s, i)
}

// offsetEnd returns where an offset from UTC at i ends, or i.
func offsetEnd(s string, i int) int {
	if i == len(s) {
		return i
	}
	switch s[i] {
	case 'Z', 'z':
		return i + 1
	case '+', '-':
		if pair(s, i+1, 23) && pair(after(s, i+3, ":"), 0, 59) {
			return i + len("+02:00")
		}
	}
	return i
}

// after returns the text behind mark, if mark is at i, and otherwise an empty text.
func after(s string, i int, mark string) string {
	if i > len(s) {
		return ""
	}
	rest, found := strings.CutPrefix(s[i:], mark)
	if !found {
		return ""
	}
	return rest
}

// pair reports whether a two-digit number of at most most is at i.
func pair(s string, i, most int) bool {
	if len(s) < i+2 || s[i] < '0' || s[i] > '9' || s[i+1] < '0' || s[i+1] > '9' {
		return false
	}
	return int(s[i]-'0')*10+int(s[i+1]-'0') <= most
}
