package domain

// AppointmentStatus is the status of an event's appointment. It chooses the words of
// the message; a cancellation is also one of the facts and part of the delivery key.
type AppointmentStatus string

// The closed set of appointment statuses.
const (
	// AppointmentConfirmed is the status of an event without one.
	AppointmentConfirmed AppointmentStatus = "confirmed"
	// AppointmentRescheduled tells the patient that the time has changed.
	AppointmentRescheduled AppointmentStatus = "rescheduled"
	// AppointmentCancelled tells the patient that the appointment does not take
	// place. It is the appointment's, never one recipient's.
	AppointmentCancelled AppointmentStatus = "cancelled"
)

// AppointmentStatuses lists all appointment statuses.
func AppointmentStatuses() []AppointmentStatus {
	return []AppointmentStatus{AppointmentConfirmed, AppointmentRescheduled, AppointmentCancelled}
}

// readStatus reads the appointment's status. Unlike an unknown zone, an
// unknown status stops the message: it decides whether the message is true.
func readStatus(value []byte) (AppointmentStatus, error) {
	if absent(value) {
		return AppointmentConfirmed, nil
	}
	text, _ := unquote(value)
	switch string(text) {
	case string(AppointmentConfirmed):
		return AppointmentConfirmed, nil
	case string(AppointmentRescheduled):
		return AppointmentRescheduled, nil
	case string(AppointmentCancelled):
		return AppointmentCancelled, nil
	}
	return "", InvalidEvent("status", "must be confirmed, rescheduled or cancelled")
}
