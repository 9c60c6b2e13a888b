package message

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/localtime"
)

// facts is everything that a message tells about an appointment. Text and HTML
// are filled from it and from nothing else.
type facts struct {
	Brand string
	// Date is "Tuesday, 5 May 2026", Time "14:30", Zone "Europe/Berlin, UTC+02:00".
	Date, Time, Zone string
	// Reference is the appointment id.
	Reference string
}

// factsOf returns the facts of e, its time as the zone of the event or else
// fallback shows it.
func factsOf(e *domain.Event, brand string, fallback *time.Location) facts {
	at := localtime.Of(e, fallback)
	return facts{
		Brand:     brand,
		Date:      at.Format("Monday, 2 January 2006"),
		Time:      at.Format("15:04"),
		Zone:      zoneText(at),
		Reference: e.AppointmentID,
	}
}

// zoneText names the zone and its offset at that moment, because a name alone
// leaves summer time open and an offset alone says little to most people.
func zoneText(at time.Time) string {
	name, offset := at.Location().String(), localtime.Offset(at)
	if name == offset {
		return name
	}
	return name + ", " + offset
}
