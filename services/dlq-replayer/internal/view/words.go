package view

import (
	"strconv"
	"time"
)

// Age returns the time from t to now in one unit; "-" for a zero t.
func Age(now, t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return span(now.Sub(t))
}

// Left returns how long retention still keeps a record written at written; "soon" once
// that time is over, and "kept" if it is kept for ever.
func Left(now, written time.Time, retention time.Duration) string {
	left := written.Add(retention).Sub(now)
	switch {
	case retention <= 0:
		return "kept"
	case left <= 0:
		return "soon"
	}
	return span(left)
}

func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return strconv.Itoa(int(d.Seconds())) + "s"
	case d < time.Hour:
		return strconv.Itoa(int(d.Minutes())) + "m"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d.Hours())) + "h"
	default:
		return strconv.Itoa(int(d.Hours()/24)) + "d"
	}
}
