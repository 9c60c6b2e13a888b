// Package localtime says at which local time an appointment is. Messages of all
// channels take it from here, so that they name the same time.
package localtime

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// Of returns the start of e's appointment in the time zone that e names, or
// else in fallback. The offset in which the event gave the time says nothing
// about the place and is never used.
func Of(e *domain.Event, fallback *time.Location) time.Time {
	if e.Zone != nil {
		return e.Time.In(e.Zone)
	}
	return e.Time.In(fallback)
}

// Offset returns how far t's zone is from UTC at that moment: "UTC+02:00", or
// "UTC" without an offset. A zone's name alone leaves summer time open.
func Offset(t time.Time) string {
	if _, seconds := t.Zone(); seconds == 0 {
		return "UTC"
	}
	return "UTC" + t.Format("-07:00")
}
