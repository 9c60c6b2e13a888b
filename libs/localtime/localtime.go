// Package localtime says at which local time an appointment is, by rules of our
// own: the published time-zone data is part of the build, because a system's
// copy is often older and sends patients an hour too early or too late.
// Messages of all channels take their times from here, so that they agree.
package localtime

import (
	"errors"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// Clock shows appointments at their local times. It is immutable and may be
// used concurrently.
type Clock struct {
	zones    *Zones
	fallback *time.Location
}

// ErrUnknownZone means that a name stands for no time zone in the data.
var ErrUnknownZone = errors.New("not the name of a time zone in the data")

// NewClock returns a clock that shows the times of events without a time zone
// in the one called fallback. The error is ErrUnknownZone.
func NewClock(zones *Zones, fallback string) (*Clock, error) {
	zone, ok := zones.Load(fallback)
	if !ok {
		return nil, ErrUnknownZone
	}
	return &Clock{zones: zones, fallback: zone}, nil
}

// Zones returns the data that the clock goes by.
func (c *Clock) Zones() *Zones { return c.zones }

// Of returns the start of e's appointment in the time zone that e names. Where
// it names none, that is the fallback; where the data has no zone of that name,
// it is the offset in which e gives the time, in a location without a name.
func (c *Clock) Of(e *domain.Event) time.Time {
	if e.Timezone == "" {
		return e.Time.In(c.fallback)
	}
	if zone, ok := c.zones.Load(e.Timezone); ok {
		return e.Time.In(zone)
	}
	return e.Time
}

// The codes of what Doubt finds.
const (
	// CodeUnknownZone: the event names a time zone that the data does not have.
	CodeUnknownZone = "record.timezone"
	// CodeOffset: the event's offset is another one than its time zone's.
	CodeOffset = "record.offset"
)

// Doubt returns what about e's local time a person should look at, as the code
// and the text of an alert; the code is empty when there is nothing. The text
// quotes nothing of the event. An offset of zero is never doubted: producers
// that keep times in UTC write it whatever the zone.
func (c *Clock) Doubt(e *domain.Event) (code, detail string) {
	if e.Timezone == "" {
		return "", ""
	}
	zone, ok := c.zones.Load(e.Timezone)
	if !ok {
		return CodeUnknownZone, "an event's time zone is no name of the IANA database (" + c.zones.Version() +
			"), letter case included: its time is shown in the event's own offset"
	}
	_, own := e.Time.Zone()
	if _, theirs := e.Time.In(zone).Zone(); own == 0 || own == theirs {
		return "", ""
	}
	return CodeOffset, "an event's offset is not the one of its time zone at that time: its producer's time-zone data or ours (" +
		c.zones.Version() + ") is old"
}

// Offset returns how far t's zone is from UTC at that moment: "UTC+02:00", or
// "UTC" without an offset. A zone's name alone leaves summer time open.
func Offset(t time.Time) string {
	if _, seconds := t.Zone(); seconds == 0 {
		return "UTC"
	}
	return "UTC" + t.Format("-07:00")
}
