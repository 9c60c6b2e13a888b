package message

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
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
	zone := e.Zone
	if zone == nil {
		zone = fallback
	}
	at := e.Time.In(zone)
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
	name, offset := at.Location().String(), "UTC"+at.Format("-07:00")
	if offset == "UTC+00:00" {
		offset = "UTC"
	}
	if name == offset {
		return name
	}
	return name + ", " + offset
}
