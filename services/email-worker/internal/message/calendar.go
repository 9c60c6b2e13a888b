package message

import (
	"math"
	"strings"
	"time"
	"unicode"

	ics "github.com/arran4/golang-ical"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// calendar writes the appointment as an iCalendar object (RFC 5545).
//
// METHOD is PUBLISH: a REQUEST would make mail programs offer an answer that
// nobody reads. UID is the same for every version of an appointment and
// SEQUENCE rises with its revision, so that a new time replaces the old entry.
// Times are in UTC, which needs no zone definition and means the same instant.
// The result is nil when one of them has no four-digit year.
func (s *Settings) calendar(e *domain.Event, published time.Time) []byte {
	end := e.Time.Add(s.Duration)
	if !writable(e.Time) || !writable(end) || !writable(published) {
		return nil
	}
	entry := ics.NewEvent(plain(e.AppointmentID) + "@" + s.Domain)
	entry.SetDtStampTime(published)
	entry.SetSequence(sequence(e.Revision))
	entry.SetStartAt(e.Time)
	entry.SetEndAt(end)
	entry.SetStatus(ics.ObjectStatusConfirmed)
	entry.SetSummary("Appointment: " + s.Brand)
	entry.SetDescription("Reference: " + plain(e.AppointmentID))
	entry.SetOrganizer("mailto:"+s.Organizer, s.organizerName()...)

	cal := ics.NewCalendar()
	cal.SetProductId("-//kafka-notifications//email-worker//EN")
	cal.SetCalscale("GREGORIAN")
	cal.SetMethod(ics.MethodPublish)
	cal.AddVEvent(entry)
	return []byte(cal.Serialize(ics.WithNewLineWindows))
}

// writable reports whether a calendar file can hold t: RFC 5545 section 3.3.4
// has four digits for a year.
func writable(t time.Time) bool {
	year := t.UTC().Year()
	return 0 <= year && year <= 9999
}

// organizerName returns the brand as the organizer's name, where it can be
// written without quoting: the library escapes parameters in a way that RFC
// 5545 does not know.
func (s *Settings) organizerName() []ics.PropertyParameter {
	if strings.ContainsAny(s.Brand, `,;:"'\`) {
		return nil
	}
	return []ics.PropertyParameter{ics.WithCN(s.Brand)}
}

// sequence returns a revision as RFC 5545 allows it: 0 to 2^31-1.
func sequence(revision *int64) int {
	if revision == nil {
		return 0
	}
	return int(min(max(*revision, 0), math.MaxInt32))
}

// plain drops control characters: the library writes a lone CR as it is.
// Events have none; this keeps the file safe whoever made the event.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
}
