package messages

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/dates"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/gsm"
)

// Language holds the texts of one language, perhaps of one region. It is immutable and
// may be used concurrently.
type Language struct {
	tag, dir string
	style    dates.Style
	// smsStyle is style in the alphabet of its text messages.
	smsStyle dates.Style
	encoding gsm.Encoding
	// segments is how many a text message may take.
	segments int

	labels       labels
	footer       page
	description  page
	optOut       string
	confirmed    words
	rescheduled  words
	cancelled    words
	html, layout page
}

type labels struct{ date, time, reference string }

// words are the texts that depend on the status.
type words struct {
	subject, heading, calendar, noCalendar, contact page
	summary, sms                                    page
}

// Tag returns the BCP 47 tag that the language is written by: "de-AT".
func (l *Language) Tag() string { return l.tag }

// Dir returns the direction of its script, ltr or rtl.
func (l *Language) Dir() string { return l.dir }

// Encoding returns how its text messages are sent.
func (l *Language) Encoding() gsm.Encoding { return l.encoding }

// Segments returns how many segments a text message may take.
func (l *Language) Segments() int { return l.segments }

// wordsFor returns the words of a status.
func (l *Language) wordsFor(s domain.AppointmentStatus) *words {
	switch s {
	case domain.AppointmentCancelled:
		return &l.cancelled
	case domain.AppointmentRescheduled:
		return &l.rescheduled
	case domain.AppointmentConfirmed:
	}
	return &l.confirmed
}

// mark is the right-to-left mark. Mail programs and phones take the direction of a line
// from its first strong character, so a brand in Latin letters would reverse an Arabic
// line.
const mark = "\u200f"

// inItsOffset returns at in a location that has only at's offset, because the rules of
// a zone would be evaluated again for each part of a date.
func inItsOffset(at time.Time) time.Time {
	_, offset := at.Zone()
	return at.In(time.FixedZone("", offset))
}

// directed marks a line of text so that it runs in the language's direction.
func (l *Language) directed(line string) string {
	if l.dir == "rtl" && line != "" {
		return mark + line
	}
	return line
}

// clean removes characters from a value that could break a message: control characters,
// line ends, and characters that change the direction of the following text. Events and
// settings have no control characters; this is a second line of defence.
func clean(s string) string {
	if strings.IndexFunc(s, unsafe) < 0 && utf8.ValidString(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unsafe(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}

func unsafe(r rune) bool { return breaks(r) || turns(r) }

// breaks reports whether r is a control character or ends a line or a paragraph.
func breaks(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }

// turns reports whether r embeds, overrides or isolates a direction.
func turns(r rune) bool { return '\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069' }
