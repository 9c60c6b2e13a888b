// Package envelope is the codec of dead letters, replays, resolutions and outcomes:
// record headers and small JSON values. It does no I/O.
//
// A dead letter is the record as it was read plus one block of headers at the end. The
// block begins with the last `dlq-version` header, so that all headers before it are
// the producer's own and are kept verbatim, even if they look like ours.
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
	// that sent the replay. They are absent without tracing. The event's own
	// `traceparent` stays as it is.
	HeaderTraceparent       = "dlq-traceparent"
	HeaderTracestate        = "dlq-tracestate"
	HeaderReplayTraceparent = "dlq-replay-traceparent"
	HeaderReplayTracestate  = "dlq-replay-tracestate"
	// HeaderTruncated is set on a dead letter whose value the topic did not take whole,
	// not even compressed: its original size in bytes. Such a dead letter cannot be
	// replayed; `dlq-original-*` name the place of the whole record.
	HeaderTruncated = "dlq-value-truncated-from"
	// HeaderTopicAlias is Spring Kafka's header for the original topic, which generic
	// tools use.
	HeaderTopicAlias = "kafka_dlt-original-topic"
)

// Envelope is the block of a dead letter or a replay, decoded.
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
	// ReplayJob is the last job that replayed it; empty if it was never replayed.
	ReplayJob string
	// AcceptDuplicate is set on a replay that may be sent a second time.
	AcceptDuplicate bool
	// TruncatedFrom is the original size of a value that was truncated; 0 if it is
	// whole.
	TruncatedFrom int64
	// Trace names the span that wrote the dead letter, ReplayTrace the one that sent
	// the replay; zero without tracing. They are kept as they were read, see
	// ports.TraceContext.
	Trace, ReplayTrace ports.TraceContext
	// Headers are the producer's own, verbatim.
	Headers []ports.Header
}

// ID returns the id of a record that failed on ch: 32 hexadecimal digits that depend on
// channel, topic, partition, offset and timestamp. The timestamp distinguishes records
// at the same offset of a topic that was created anew.
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
