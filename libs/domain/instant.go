package domain

import (
	"bytes"
	"strings"
	"time"
)

// timeWant completes "time …".
const timeWant = "must be a date and time of RFC 3339 with its offset, such as 2026-03-14T09:30:00+01:00"

// readTime reads RFC 3339. time.Parse alone accepts more: one digit for the hour, a
// comma before the fraction, offsets beyond a day.
func readTime(value []byte) (time.Time, error) {
	if value == nil {
		return time.Time{}, InvalidEvent("time", "is missing; it "+timeWant)
	}
	text, _ := unquote(value)
	seconds, offset := cutOffset(text)
	if !hasShape(seconds) {
		return time.Time{}, InvalidEvent("time", timeWant)
	}
	if len(offset) == 0 {
		return time.Time{}, InvalidEvent("time", "has no offset, and an offset is never guessed; it "+timeWant)
	}
	t, err := parseTime(text)
	if err != nil || !offsetInRange(offset) {
		return time.Time{}, InvalidEvent("time", timeWant)
	}
	// Parse uses time.Local if its offset matches, which would make the result depend
	// on the machine.
	_, east := t.Zone()
	if east == 0 {
		return t.UTC(), nil
	}
	return t.In(time.FixedZone("", east)), nil
}

// parseTime is time.Parse, but without copying nearly all texts.
func parseTime(text []byte) (t time.Time, err error) {
	if t.UnmarshalText(text) == nil {
		return t, nil
	}
	return time.Parse(time.RFC3339, strings.ToUpper(string(text)))
}

// dateTimeShape is the part without fraction and offset; 0 stands for a digit.
const dateTimeShape = "0000-00-00T00:00:00"

// cutOffset splits a text into the date and time with their fraction, and the rest.
func cutOffset(text []byte) (seconds, offset []byte) {
	if len(text) < len(dateTimeShape) {
		return text, nil
	}
	end := len(dateTimeShape)
	if end < len(text) && text[end] == '.' {
		end = len(text) - len(bytes.TrimLeft(text[end+1:], "0123456789"))
	}
	return text[:end], text[end:]
}

// hasShape reports whether text begins like dateTimeShape. RFC 3339 allows a lower-case
// t.
func hasShape(text []byte) bool {
	if len(text) < len(dateTimeShape) {
		return false
	}
	for i := range len(dateTimeShape) {
		c := text[i]
		switch want := dateTimeShape[i]; want {
		case '0':
			if c < '0' || c > '9' {
				return false
			}
		case 'T':
			if c != 'T' && c != 't' {
				return false
			}
		default:
			if c != want {
				return false
			}
		}
	}
	return true
}

// offsetInRange accepts Z and offsets of less than a day, the only ones in RFC 3339.
func offsetInRange(offset []byte) bool {
	if string(offset) == "Z" || string(offset) == "z" {
		return true
	}
	return len(offset) == len("+00:00") && string(offset[1:3]) <= "23" && string(offset[4:]) <= "59"
}
