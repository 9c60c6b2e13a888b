package provider

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// MaxDelay bounds a delay that a provider asks for. The longest one that is
// documented is a rolling day (Twilio 63038).
const MaxDelay = 24 * time.Hour

// Delay returns how long the provider asks to wait, counted from now; 0 if it names no
// delay. It reads Retry-After (RFC 9110 10.2.3: seconds or a date), X-RateLimit-Reset
// (a moment in unix seconds or milliseconds) and "try again after N seconds" in text
// (Mailgun's wording). Where several are given the longest wins, so that no call is too
// early.
func Delay(h http.Header, text string, now time.Time) time.Duration {
	asked := max(
		retryAfter(h.Get("Retry-After"), now),
		resetAt(h.Get("X-RateLimit-Reset"), now),
		tryAgain(text),
	)
	return min(max(asked, 0), MaxDelay)
}

// retryAfter reads seconds or a date.
func retryAfter(v string, now time.Time) time.Duration {
	v = strings.TrimSpace(v)
	if d, ok := seconds(v); ok {
		return d
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	return at.Sub(now)
}

// firstMillis is the smallest number that is read as milliseconds: in seconds it would
// be in the year 5138.
const firstMillis = 100_000_000_000

// resetAt reads a moment in unix seconds or milliseconds: Mailgun does not
// publish which, and its clients read both.
func resetAt(v string, now time.Time) time.Duration {
	at, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
	if at >= firstMillis {
		at = (at-1)/1000 + 1 // round up to whole seconds
	}
	if err != nil || at <= now.Unix() {
		return 0
	}
	// Counted in seconds first: a far moment would overflow a duration.
	return time.Duration(min(at-now.Unix(), int64(MaxDelay/time.Second))) * time.Second
}

// tryAgain reads the number in "try again after 120 seconds".
func tryAgain(text string) time.Duration {
	_, rest, found := strings.Cut(text, "try again after ")
	if !found {
		return 0
	}
	digits, unit, _ := strings.Cut(rest, " ")
	if !strings.HasPrefix(unit, "second") {
		return 0
	}
	d, _ := seconds(digits)
	return d
}

// seconds reads a whole number of seconds. A number that is too large for a duration
// becomes MaxDelay.
func seconds(v string) (time.Duration, bool) {
	if v == "" || strings.Trim(v, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n > int64(MaxDelay/time.Second) {
		return MaxDelay, true
	}
	return time.Duration(n) * time.Second, true
}
