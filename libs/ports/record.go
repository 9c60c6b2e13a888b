package ports

import "time"

// Header is one record header. Keys may repeat; the order is kept.
type Header struct {
	Key   string
	Value []byte
}

// Origin says where an event stood when it was published. It stays the same
// when the event is dead-lettered and replayed, and decides order and age.
type Origin struct {
	Topic     string
	Partition int32
	Offset    int64
	Timestamp time.Time
}

// firstTimestamp is 2000-01-01T00:00:00Z: no event is older than the system.
const firstTimestamp = 946_684_800

// TimestampKnown reports whether the timestamp can be when the event was
// published, as seen at now. One that is absent, before the year 2000 or over a
// day ahead proves nothing and decides nothing.
func (o Origin) TimestampKnown(now time.Time) bool {
	return o.Timestamp.Unix() >= firstTimestamp && o.Timestamp.Unix() <= now.Unix()+24*60*60
}

// Equal reports whether o and p are the same place and time, however the time is
// represented.
func (o Origin) Equal(p Origin) bool {
	return o.Topic == p.Topic && o.Partition == p.Partition && o.Offset == p.Offset &&
		o.Timestamp.UnixMilli() == p.Timestamp.UnixMilli()
}

// Record is one record as it was read. Key, Value and Headers are verbatim and
// must not be changed. A nil Value is a tombstone.
type Record struct {
	Topic     string
	Partition int32
	Offset    int64
	Timestamp time.Time
	Key       []byte
	Value     []byte
	Headers   []Header

	// Replay is set when the record was read from a replay topic.
	Replay *Replay
}

// Origin returns where the event was published: for a replay the place that
// its dead letter names, otherwise the record's own.
func (r *Record) Origin() Origin {
	if r.Replay != nil {
		return r.Replay.Origin
	}
	return Origin{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Timestamp: r.Timestamp}
}

// Replay is what a replayed record says about its dead letter.
type Replay struct {
	DeadLetterID string
	Job          string
	// Count is how often the dead letter has been replayed, this time included.
	Count int
	// Class is the failure class of the dead letter.
	Class string
	// AcceptDuplicate is set when an operator allowed a second send.
	AcceptDuplicate bool
	Origin          Origin
	FirstFailedAt   time.Time
}
