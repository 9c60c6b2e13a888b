package message

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/localtime"
)

// facts is everything that a message says about an appointment. Text and HTML
// are filled from it and from nothing else.
type facts struct {
	Brand string
	// Title, Heading and Contact tell of the status.
	Title, Heading, Contact string
	// Date is "Tuesday, 5 May 2026", Time "14:30", Zone "Europe/Berlin, UTC+02:00".
	Date, Time, Zone string
	// Reference is the appointment id.
	Reference string
	// CalendarNote is about the calendar file and of the entry that an earlier
	// one made; it may be empty.
	CalendarNote string
}

// factsOf returns the facts of e, its time as the clock shows it.
func factsOf(e *domain.Event, w *words, brand string, clock *localtime.Clock) facts {
	at := clock.Of(e)
	return facts{
		Brand:     brand,
		Title:     w.title,
		Heading:   w.heading,
		Contact:   w.contact + brand + ".",
		Date:      at.Format("Monday, 2 January 2006"),
		Time:      at.Format("15:04"),
		Zone:      zoneText(at),
		Reference: e.AppointmentID,
	}
}

// calendarNote returns a paragraph of its own in the text.
func (w *words) calendarNote(hasFile bool) string {
	note := w.withoutFile
	if hasFile {
		note = w.withFile
	}
	if note == "" {
		return ""
	}
	return "\n" + note + "\n"
}

// zoneText names the zone and its offset at that moment, because a name alone
// leaves summer time open and an offset alone says little to most people. A
// location without a name is an offset and nothing else.
func zoneText(at time.Time) string {
	name, offset := at.Location().String(), localtime.Offset(at)
	if name == "" || name == offset {
		return offset
	}
	return name + ", " + offset
}
