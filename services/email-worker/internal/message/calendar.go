package message

import (
	"math"
	"strings"
	"time"
	"unicode"

	ics "github.com/arran4/golang-ical"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/messages"
)

// entry holds the values that differ between the calendar files of a language and a
// status.
type entry struct {
	appointment       string
	stamp, start, end time.Time
	sequence          int
	description       string
}

// entryOf returns the entry of e.
func (s *Settings) entryOf(e *domain.Event, published time.Time, description string) entry {
	stamp := stampOf(published)
	return entry{
		appointment: plain(e.AppointmentID), stamp: stamp, start: e.Time, end: e.Time.Add(s.Duration),
		sequence: sequence(e.Revision, stamp), description: description,
	}
}

// uid returns the entry's id. It is the same for every version of an appointment.
func (s *Settings) uid(e *entry) string { return e.appointment + "@" + s.Domain }

// calendar writes the appointment as an iCalendar object (RFC 5545).
//
// METHOD is PUBLISH: a REQUEST would make mail programs offer an answer that
// is never read, and an entry that came by PUBLISH is not removed by CANCEL in
// Google's calendar. UID is the same for every version of an appointment and
// SEQUENCE rises from one to the next, so that the newest replaces the entry.
// Times are in UTC, which needs no zone definition and means the same instant.
func (s *Settings) calendar(e *entry, status domain.AppointmentStatus, letter *messages.Letter) string {
	event := ics.NewEvent(s.uid(e))
	event.SetDtStampTime(e.stamp)
	event.SetSequence(e.sequence)
	event.SetStartAt(e.start)
	event.SetEndAt(e.end)
	mark(event, status)
	event.SetSummary(letter.Summary(), inLanguage(letter.Tag())...)
	event.SetDescription(e.description, inLanguage(letter.Tag())...)
	event.SetOrganizer("mailto:"+s.Organizer, s.organizerName()...)

	cal := ics.NewCalendar()
	cal.SetProductId("-//kafka-notifications//email-worker//EN")
	cal.SetCalscale("GREGORIAN")
	cal.SetMethod(ics.MethodPublish)
	cal.AddVEvent(event)
	return cal.Serialize(ics.WithNewLineWindows)
}

// mark writes a status into a calendar entry. At worst a cancelled entry stays in the
// calendar, as free time that is marked as cancelled.
func mark(entry *ics.VEvent, s domain.AppointmentStatus) {
	if s != domain.AppointmentCancelled {
		entry.SetStatus(ics.ObjectStatusConfirmed)
		return
	}
	entry.SetStatus(ics.ObjectStatusCancelled)
	entry.SetTimeTransparency(ics.TransparencyTransparent)
}

// inLanguage names the language of a text. English without a region is not named,
// because calendars assume it, and so its entries stay as they always were.
func inLanguage(tag string) []ics.PropertyParameter {
	if tag == messages.Default {
		return nil
	}
	return []ics.PropertyParameter{&ics.KeyValues{Key: string(ics.ParameterLanguage), Value: []string{tag}}}
}

// writable reports whether a calendar file can hold the times of e's entry.
func (s *Settings) writable(e *domain.Event, published time.Time) bool {
	return inFourDigits(e.Time) && inFourDigits(e.Time.Add(s.Duration)) && inFourDigits(stampOf(published))
}

// inFourDigits reports whether a calendar file can hold t: RFC 5545 section 3.3.4
// has four digits for a year.
func inFourDigits(t time.Time) bool {
	year := t.UTC().Year()
	return 0 <= year && year <= 9999
}

// organizerName returns the brand as the organizer's name, if it needs no quoting: the
// library escapes parameters in a way that RFC 5545 does not define.
func (s *Settings) organizerName() []ics.PropertyParameter {
	if strings.ContainsAny(s.Brand, `,;:"'\`) {
		return nil
	}
	return []ics.PropertyParameter{ics.WithCN(s.Brand)}
}

// firstSecond is 2000-01-01T00:00:00Z. No event is older.
const firstSecond = 946_684_800

// stampOf returns an entry's time stamp. An unknown time of publication makes the entry
// older than any other.
func stampOf(published time.Time) time.Time {
	if published.Unix() < firstSecond {
		return time.Unix(firstSecond, 0)
	}
	return published
}

// sequence orders the versions of an entry: the revision, or
// else the second in which the event was published, counted from 2000. RFC 5545
// allows 0 to 2^31-1, which the seconds reach in 2068.
func sequence(revision *int64, stamp time.Time) int {
	n := stamp.Unix() - firstSecond
	if revision != nil {
		n = *revision
	}
	return int(min(max(n, 0), math.MaxInt32))
}

// plain removes control characters, because the library writes a lone CR unescaped.
// Decoded events have no control characters; this is a second line of defence.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
}
