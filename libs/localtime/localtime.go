// Package localtime computes the local time of an appointment with time-zone data that
// is part of the build: a system's copy is often older and would send patients an hour
// too early or too late. Messages of all channels take their times from here, so that
// they agree.
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

// ErrUnknownZone means that the data has no time zone of a name.
var ErrUnknownZone = errors.New("not the name of a time zone in the data")

// NewClock returns a clock that shows the times of events without a time zone in the
// zone named fallback. The error is ErrUnknownZone.
func NewClock(zones *Zones, fallback string) (*Clock, error) {
	zone, ok := zones.Load(fallback)
	if !ok {
		return nil, ErrUnknownZone
	}
	return &Clock{zones: zones, fallback: zone}, nil
}

// Zones returns the clock's data.
func (c *Clock) Zones() *Zones { return c.zones }

// Of returns the start of e's appointment in the time zone that e names. If it names no
// zone, the fallback is used. If the data has no zone of that name, the offset of e's
// time is used, in a location without a name.
func (c *Clock) Of(e *domain.Event) time.Time {
	if e.Timezone == "" {
		return e.Time.In(c.fallback)
	}
	if zone, ok := c.zones.Load(e.Timezone); ok {
		return e.Time.In(zone)
	}
	return e.Time
}

// The codes that Doubt returns.
const (
	// CodeUnknownZone: the event names a time zone that the data does not have.
	CodeUnknownZone = "record.timezone"
	// CodeOffset: the event's offset differs from its time zone's.
	CodeOffset = "record.offset"
)

// Doubt returns the code and the text of an alert if a person should check e's local
// time; the code is empty otherwise. The text quotes nothing of the event. An offset of
// zero is never doubted, because producers that keep times in UTC write it for any
// zone.
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

// Offset returns the offset of t's zone from UTC at that moment: "UTC+02:00", or "UTC"
// for zero. A zone's name alone leaves summer time open.
func Offset(t time.Time) string {
	if _, seconds := t.Zone(); seconds == 0 {
		return "UTC"
	}
	return "UTC" + t.Format("-07:00")
}
