package delivery

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// superseded reports whether the appointment's lane or its ledger knows a newer
// event with other facts. Another recipient's event of the same facts withdraws
// nothing: an appointment may have several recipients.
func (r *run) superseded(known *ports.Knowledge, now time.Time) bool {
	if r.task.superseded() || r.withdrawn(known, now) {
		return true
	}
	version := r.version(known, now)
	for _, s := range r.others(known) {
		if s.Version.RecordedNewer(version) {
			return true
		}
	}
	return false
}

// version returns the event's place in the order. An event that was published again
// takes the place of its newest copy.
func (r *run) version(known *ports.Knowledge, now time.Time) domain.Version {
	v := r.task.Record.Origin().Version(r.note.Event.Revision, now)
	if known.Own.Known && known.Own.Version.PublishedAfter(v) {
		return known.Own.Version
	}
	return v
}

// others returns the newest recorded events of the appointment with other facts.
func (r *run) others(known *ports.Knowledge) (others []ports.Sighting) {
	facts := r.note.Event.Facts()
	for _, s := range [...]ports.Sighting{known.Unrevised, known.Revised} {
		if s.Known && !s.SameKey && s.Facts.Differ(facts) {
			others = append(others, s)
		}
	}
	return others
}

// withdrawn reports whether the event was superseded before and is newer neither than
// that record nor than the event that withdrew it. A relay that repeats itself gives
// the copy a higher offset but the old timestamp, while an appointment that is booked
// again has a new timestamp. An event without a timestamp proves nothing.
func (r *run) withdrawn(known *ports.Knowledge, now time.Time) bool {
	if !known.Withdrawn {
		return false
	}
	published := r.task.Record.Origin().Version(nil, now).Timestamp
	for _, s := range append(r.others(known), known.Own) {
		if s.Version.Timestamp.IsZero() || !published.After(s.Version.Timestamp) {
			return true
		}
	}
	return false
}

// checkRevision alerts when the newest event is not sent because its key was sent
// before: a change back, published without a revision. The recipient is not told of
// that change.
func (r *run) checkRevision(known *ports.Knowledge) {
	v := r.task.Record.Origin().Version(r.note.Event.Revision, time.Now())
	for _, s := range r.others(known) {
		if s.Version.RecordedNewer(v) {
			return
		}
		if v.RecordedNewer(s.Version) {
			r.d.observer.Alert(r.d.cfg.Channel, "record.revision",
				"an appointment was changed back without a revision: its message was sent before and is not sent again")
			return
		}
	}
}
