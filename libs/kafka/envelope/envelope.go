// Package envelope is the codec of what a dead letter, a replay and a
// resolution say about themselves: record headers and small JSON values. It
// does no I/O.
//
// A dead letter is the record as it was read plus one block of headers at the
// end. The block begins with the last `dlq-version` header, so that whatever
// stands before it is the producer's own and is kept verbatim, even if it looks
// like one of ours.
package envelope

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Version is the value of `dlq-version` that this package writes and reads.
const Version = "1"

// MaxMessageBytes bounds `dlq-error-message`.
const MaxMessageBytes = 1 << 10

// MaxHeaderBytes is how much larger than its source record a dead letter or a
// replay may become. The topics that hold them accept that much more. The block
// needs well under 4 KiB; the rest is margin for the topics' own names.
const MaxHeaderBytes = 64 << 10

// The headers of the block, in the order in which they are written.
const (
	HeaderVersion           = "dlq-version"
	HeaderID                = "dlq-id"
	HeaderChannel           = "dlq-channel"
	HeaderOriginalTopic     = "dlq-original-topic"
	HeaderOriginalPartition = "dlq-original-partition"
	HeaderOriginalOffset    = "dlq-original-offset"
	HeaderOriginalTimestamp = "dlq-original-timestamp"
	HeaderConsumerGroup     = "dlq-consumer-group"
	HeaderErrorClass        = "dlq-error-class"
	HeaderErrorCode         = "dlq-error-code"
	HeaderErrorMessage      = "dlq-error-message"
	HeaderAttempts          = "dlq-attempts"
	HeaderFirstFailedAt     = "dlq-first-failed-at"
	HeaderFailedAt          = "dlq-failed-at"
	HeaderReplayCount       = "dlq-replay-count"
	HeaderReplayJob         = "dlq-replay-job"
	HeaderAcceptDuplicate   = "dlq-accept-duplicate"
	// HeaderTraceparent and HeaderTracestate name the span that wrote the dead letter
	// (W3C Trace Context), HeaderReplayTraceparent and HeaderReplayTracestate the one
	// that sent the replay. They are there where somebody traces. The event's own
	// `traceparent` stays as it is.
	HeaderTraceparent       = "dlq-traceparent"
	HeaderTracestate        = "dlq-tracestate"
	HeaderReplayTraceparent = "dlq-replay-traceparent"
	HeaderReplayTracestate  = "dlq-replay-tracestate"
	// HeaderTruncated is set on a dead letter whose value the topic did not take
	// whole, not even compressed: its original size in bytes. Such a dead letter
	// cannot be replayed; `dlq-original-*` say where the whole record is.
	HeaderTruncated = "dlq-value-truncated-from"
	// HeaderTopicAlias is Spring Kafka's name for the original topic. Generic
	// tools look for it.
	HeaderTopicAlias = "kafka_dlt-original-topic"
)

// Envelope is what a dead letter or a replay says about itself.
type Envelope struct {
	// ID is stable over repeats: the same record failing again on the same
	// channel has the same id.
	ID      string
	Channel domain.Channel
	// Origin is where the event was first published.
	Origin ports.Origin
	// Group is the consumer group that gave the record up.
	Group string
	Class domain.Class
	Code  string
	// Message is free of recipients, at most MaxMessageBytes long.
	Message string
	// Attempts counts the calls of the last round only.
	Attempts int
	// FirstFailedAt is that of the first dead letter, FailedAt that of this one.
	FirstFailedAt, FailedAt time.Time
	// ReplayCount is how often the record had been replayed when this was
	// written; on a replay record that replay is included.
	ReplayCount int
	// ReplayJob is the last job that replayed it; empty when none did.
	ReplayJob string
	// AcceptDuplicate is set on a replay that may be sent a second time.
	AcceptDuplicate bool
	// TruncatedFrom is the size of a value that was not kept whole; 0 when it was.
	TruncatedFrom int64
	// Trace names the span that wrote the dead letter, ReplayTrace the one that sent
	// the replay; zero where nobody traces. They are as they were read, see
	// ports.TraceContext.
	Trace, ReplayTrace ports.TraceContext
	// Headers are the producer's own, verbatim.
	Headers []ports.Header
}

// ID returns the id of a record that failed on ch: 32 hexadecimal digits that
// depend on channel, topic, partition, offset and timestamp. The timestamp
// tells apart what stands at the same offset of a topic that was created anew.
func ID(ch domain.Channel, o ports.Origin) string {
	var room [256]byte
	b := appendSized(room[:0], string(ch))
	b = appendSized(b, o.Topic)
	for _, n := range [...]int64{int64(o.Partition), o.Offset, o.Timestamp.UnixMilli()} {
		b = binary.BigEndian.AppendUint64(b, uint64(n)) //nolint:gosec // bits, not a quantity
	}
	return shortSum(b)
}

// appendSized appends a text behind its length.
func appendSized(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint64(b, uint64(len(s))), s...)
}

// shortSum returns the first 32 hexadecimal digits of the SHA-256 of b.
func shortSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}
