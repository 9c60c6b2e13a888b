package ports

import (
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// Header is one record header. Keys may repeat; the order is kept.
type Header struct {
	Key   string
	Value []byte
}

// Origin is the place at which an event was first published. It stays the same when the
// event is dead-lettered and replayed, and decides order and age.
type Origin struct {
	Topic     string
	Partition int32
	Offset    int64
	Timestamp time.Time
}

// TimestampKnown reports whether the timestamp is a possible time of publication, see
// domain.TimestampKnown.
func (o Origin) TimestampKnown(now time.Time) bool { return domain.TimestampKnown(o.Timestamp, now) }

// Version returns the place of an event with this revision in the order of its
// appointment's events, as seen at now.
func (o Origin) Version(revision *int64, now time.Time) domain.Version {
	return domain.NewVersion(revision, o.Offset, o.Timestamp, now)
}

// Equal reports whether o and p are the same place and instant.
func (o Origin) Equal(p Origin) bool {
	return o.Topic == p.Topic && o.Partition == p.Partition && o.Offset == p.Offset &&
		o.Timestamp.UnixMilli() == p.Timestamp.UnixMilli()
}

// Mark returns a number, never 0, that distinguishes o from the other origins of the
// same delivery key in less memory: FNV-1a of offset and timestamp.
func (o Origin) Mark() uint32 {
	h := uint32(2166136261)
	for _, n := range [...]int64{o.Offset, o.Timestamp.UnixMilli()} {
		for range 8 {
			h = (h ^ uint32(n&0xff)) * 16777619
			n >>= 8
		}
	}
	return max(h, 1)
}

// Record is one record as it was read. Key, Value and Headers are verbatim and must not
// be modified. A nil Value is a tombstone.
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

// Origin returns the event's origin: for a replay the place that its dead letter names,
// otherwise the record's own.
func (r *Record) Origin() Origin {
	if r.Replay != nil {
		return r.Replay.Origin
	}
	return Origin{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Timestamp: r.Timestamp}
}

// Replay is the information about its dead letter that a replay carries.
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
	// Sent names the span of the replayer that sent the replay, DeadLettered the one
	// that wrote its dead letter. Either may be zero.
	Sent, DeadLettered TraceContext
}
