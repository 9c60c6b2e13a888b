package domain

import "time"

// Facts are the parts of an event that decide whether a message is true. Two events
// with the same facts tell a patient the same, even if their recipients differ.
type Facts struct {
	// Instant is the appointment's start, to the millisecond. It is zero if the facts
	// are not known: early ledger records do not contain them.
	Instant time.Time
	// Cancelled is set when the appointment does not take place.
	Cancelled bool
}

// Facts returns the facts of e.
func (e *Event) Facts() Facts {
	return Facts{Instant: time.UnixMilli(e.Time.UnixMilli()), Cancelled: e.Status == AppointmentCancelled}
}

// Known reports whether the facts are known at all.
func (f Facts) Known() bool { return !f.Instant.IsZero() }

// Differ reports whether f and g say different things of an appointment. Unknown facts
// differ from all others.
func (f Facts) Differ(g Facts) bool {
	return !f.Known() || !g.Known() || f.Cancelled != g.Cancelled || f.Instant.UnixMilli() != g.Instant.UnixMilli()
}

// Version is the place of an event in the order of its appointment's events.
type Version struct {
	// Revision is the event's own; nil if it has no revision.
	Revision *int64
	// Offset is the offset at which the event was published in its partition of the
	// source. A replay keeps that of its dead letter.
	Offset int64
	// Timestamp is when the event was published; zero when that is not known,
	// see TimestampKnown.
	Timestamp time.Time
}

// NewVersion returns the version of an event that was published at offset and
// timestamp, as seen at now: an impossible timestamp counts as unknown.
func NewVersion(revision *int64, offset int64, timestamp, now time.Time) Version {
	v := Version{Revision: revision, Offset: offset}
	if TimestampKnown(timestamp, now) {
		v.Timestamp = timestamp
	}
	return v
}

// Newer reports whether v is newer than o. Two events with different revisions are
// ordered by them. Two events without a revision, or with the same one, are ordered by
// offset and timestamp. If only one has a revision, neither is newer: offsets could
// contradict revisions, and in such a cycle each event would withdraw the next until
// none is left to send.
//
//	revision 2 at offset 1, none at offset 2, revision 1 at offset 3
//	by offsets 3 is newer than 2 and 2 newer than 1; by revisions 1 is newer than 3
func (v Version) Newer(o Version) bool {
	return (v.Revision == nil) == (o.Revision == nil) && v.RecordedNewer(o)
}

// RecordedNewer is Newer for a version v that the ledger has recorded: if only one of
// the two has a revision, offset and timestamp decide. A recorded event is already done
// with, so no cycle is possible.
func (v Version) RecordedNewer(o Version) bool {
	if v.Revision != nil && o.Revision != nil && *v.Revision != *o.Revision {
		return *v.Revision > *o.Revision
	}
	return v.PublishedAfter(o)
}

// PublishedAfter reports whether v was published after o. Offset and timestamp must
// both say so: a topic that was created again restarts its offsets, and a clock may go
// back. If a timestamp is unknown, the offset decides.
func (v Version) PublishedAfter(o Version) bool {
	return v.Offset > o.Offset && (v.Timestamp.IsZero() || o.Timestamp.IsZero() || !v.Timestamp.Before(o.Timestamp))
}

// firstTimestamp is 2000-01-01T00:00:00Z: no event is older than the system.
const firstTimestamp = 946_684_800

// TimestampKnown reports whether a record's timestamp is a possible time of
// publication, as seen at now. A timestamp that is absent, before the year 2000 or over
// a day ahead is ignored.
func TimestampKnown(timestamp, now time.Time) bool {
	return timestamp.Unix() >= firstTimestamp && timestamp.Unix() <= now.Unix()+24*60*60
}
