package message

import (
	ics "github.com/arran4/golang-ical"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// words are what a status changes in a message.
type words struct {
	// subject goes on with the time.
	subject string
	// title is the page's, heading the same as a sentence.
	title, heading string
	// withFile says what the calendar file does, withoutFile stands where there
	// is none. Mail programs treat a second file for the same entry differently,
	// so that both say what to do about an entry that is still there.
	withFile, withoutFile string
	// contact goes on with the brand.
	contact string
}

// wordsFor returns the words for a status.
func wordsFor(s domain.AppointmentStatus) words {
	switch s {
	case domain.AppointmentCancelled:
		return words{
			subject: "Appointment cancelled", title: "Your appointment has been cancelled", heading: "Your appointment has been cancelled.",
			withFile:    "The attached file marks the entry in your calendar as cancelled. You may delete the entry.",
			withoutFile: "You may delete the entry from your calendar.",
			contact:     "If you need a new appointment, please contact ",
		}
	case domain.AppointmentRescheduled:
		return words{
			subject: "Appointment moved", title: "Your appointment has been moved", heading: "Your appointment has been moved.",
			withFile:    "The attached file moves the entry in your calendar. If the old entry is still there, please delete it.",
			withoutFile: "If the old entry is still in your calendar, please delete it.",
			contact:     "If you need another time, please contact ",
		}
	case domain.AppointmentConfirmed:
	}
	return words{
		subject: "Appointment confirmed", title: "Your appointment is confirmed", heading: "Your appointment is confirmed.",
		withFile: "The attached file adds the appointment to your calendar.",
		contact:  "If you need another time, please contact ",
	}
}

// mark writes a status into a calendar entry. A cancelled one stays in the
// calendar at worst, as free time that says what became of it.
func mark(entry *ics.VEvent, s domain.AppointmentStatus, brand string) {
	if s != domain.AppointmentCancelled {
		entry.SetStatus(ics.ObjectStatusConfirmed)
		entry.SetSummary("Appointment: " + brand)
		return
	}
	entry.SetStatus(ics.ObjectStatusCancelled)
	entry.SetTimeTransparency(ics.TransparencyTransparent)
	entry.SetSummary("Cancelled: Appointment: " + brand)
}
