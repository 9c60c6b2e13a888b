package envelope

import (
	"encoding/binary"
	"strconv"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Scheme names the tool that wrote the headers of a dead letter.
type Scheme string

// The schemes that can be read. All but SchemeOwn are for display only: they
// name no channel, so that such a record cannot be replayed.
const (
	SchemeNone    Scheme = "none"
	SchemeOwn     Scheme = "own"
	SchemeSpring  Scheme = "spring"
	SchemeConnect Scheme = "connect"
	SchemeStreams Scheme = "streams"
)

// Foreign holds the dead-letter headers of another tool.
type Foreign struct {
	Scheme Scheme
	// Topic is empty, Partition and Offset are -1 and Timestamp is zero when
	// they are not given or cannot be read.
	Topic     string
	Partition int32
	Offset    int64
	Timestamp time.Time
	Group     string
	Exception string
	// Message is the other tool's text and may quote a recipient.
	Message string
}

// fieldNames are the header names of one scheme.
type fieldNames struct {
	scheme                              Scheme
	topic, partition, offset, timestamp string
	group, exception, message           string
}

// foreignSchemes lists the names of Spring Kafka (KafkaHeaders.DLT_*), Kafka
// Connect (DeadLetterQueueReporter) and Kafka Streams (KIP-1034).
func foreignSchemes() []fieldNames {
	return []fieldNames{{
		SchemeSpring,
		HeaderTopicAlias, "kafka_dlt-original-partition", "kafka_dlt-original-offset", "kafka_dlt-original-timestamp",
		"kafka_dlt-original-consumer-group", "kafka_dlt-exception-fqcn", "kafka_dlt-exception-message",
	}, {
		SchemeConnect,
		"__connect.errors.topic", "__connect.errors.partition", "__connect.errors.offset", "",
		"__connect.errors.connector.name", "__connect.errors.exception.class.name", "__connect.errors.exception.message",
	}, {
		SchemeStreams,
		"__streams.errors.topic", "__streams.errors.partition", "__streams.errors.offset", "",
		"", "__streams.errors.exception", "__streams.errors.message",
	}}
}

// DecodeForeign reads the dead-letter headers of Spring Kafka, Kafka Connect
// and Kafka Streams. Numbers may be text or, as Spring writes them, big-endian
// binary. Of a repeated name the last counts. It never panics.
func DecodeForeign(headers []ports.Header) (Foreign, bool) {
	values := make(map[string][]byte, len(headers))
	for _, h := range headers {
		values[h.Key] = h.Value
	}
	for _, names := range foreignSchemes() {
		if _, ok := values[names.topic]; ok {
			return names.read(values), true
		}
	}
	return Foreign{Scheme: SchemeNone, Partition: -1, Offset: -1}, false
}

func (n fieldNames) read(values map[string][]byte) Foreign {
	text := func(name string) string { return plain(string(values[name])) }
	f := Foreign{
		Scheme: n.scheme, Topic: text(n.topic), Partition: -1, Offset: -1,
		Group: text(n.group), Exception: text(n.exception), Message: cut(text(n.message), MaxMessageBytes),
	}
	if p, ok := integer(values[n.partition]); ok && p >= 0 && p <= 1<<31-1 {
		f.Partition = int32(p)
	}
	if o, ok := integer(values[n.offset]); ok && o >= 0 {
		f.Offset = o
	}
	if ms, ok := integer(values[n.timestamp]); ok && ms >= 0 {
		f.Timestamp = time.UnixMilli(ms).UTC()
	}
	return f
}

// integer reads a number as text or as 4 or 8 big-endian bytes. Bytes that are all
// digits are text: read as binary they would be impossibly large.
func integer(b []byte) (int64, bool) {
	if n, err := strconv.ParseInt(string(b), 10, 64); err == nil {
		return n, true
	}
	switch len(b) {
	case 4:
		return int64(int32(binary.BigEndian.Uint32(b))), true //nolint:gosec // two's complement is meant
	case 8:
		return int64(binary.BigEndian.Uint64(b)), true //nolint:gosec // two's complement is meant
	}
	return 0, false
}
