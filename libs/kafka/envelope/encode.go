package envelope

import (
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Encode returns the headers of a dead letter: the producer's own, verbatim,
// then one block. group is the consumer group that gave the record up.
//
// A replay that failed again keeps id, origin and first failure of its first dead
// letter, and its block replaces the one that the replay carried. Permission for a
// second send is not passed on: it was given for one replay only.
func Encode(d ports.DeadLetter, group string) []ports.Header {
	return of(d, group).Encode()
}

// Record returns the dead letter d as a record for topic, on the partition
// number of its origin, with key and value verbatim.
func Record(topic string, d ports.DeadLetter, group string) *kgo.Record {
	return &kgo.Record{
		Topic: topic, Partition: d.Record.Origin().Partition,
		Key: d.Record.Key, Value: d.Record.Value, Headers: ToKafka(Encode(d, group)),
	}
}

func of(d ports.DeadLetter, group string) Envelope {
	failure := d.Failure
	if failure == nil {
		failure = domain.AsFailure(nil)
	}
	e := Envelope{
		Channel: d.Channel, Origin: d.Record.Origin(), Group: group,
		Class: failure.Class, Code: failure.Code, Message: failure.Detail,
		Attempts: d.Attempts, FirstFailedAt: d.FirstFailedAt, FailedAt: d.FailedAt,
		Trace: d.Trace, Headers: d.Record.Headers,
	}
	e.ID = ID(e.Channel, e.Origin)
	if r := d.Record.Replay; r != nil {
		e.carryOn(r)
	}
	return e
}

// carryOn makes e the next dead letter of the one that was replayed as r.
func (e *Envelope) carryOn(r *ports.Replay) {
	e.ID, e.ReplayCount, e.ReplayJob = r.DeadLetterID, r.Count, r.Job
	if !r.FirstFailedAt.IsZero() {
		e.FirstFailedAt = r.FirstFailedAt
	}
	if e.Trace == (ports.TraceContext{}) {
		e.Trace = r.DeadLettered
	}
	// The record may still have the replay's block or be without it already.
	// Only a block with this id is ours to replace.
	if own, block := split(e.Headers); block[HeaderID] == e.ID {
		e.Headers = own
	}
}

// ReplayedBy returns the envelope of the next replay of the dead letter e.
func (e Envelope) ReplayedBy(job string, acceptDuplicate bool) Envelope {
	e.ReplayCount++
	e.ReplayJob, e.AcceptDuplicate, e.ReplayTrace = job, acceptDuplicate, ports.TraceContext{}
	return e
}

// Encode returns e's own headers followed by its block.
func (e Envelope) Encode() []ports.Header {
	headers := make([]ports.Header, 0, len(e.Headers)+len(names()))
	headers = append(headers, e.Headers...)
	add := func(name, value string) {
		headers = append(headers, ports.Header{Key: name, Value: []byte(plain(value))})
	}
	add(HeaderVersion, Version)
	add(HeaderID, e.ID)
	add(HeaderChannel, string(e.Channel))
	add(HeaderOriginalTopic, e.Origin.Topic)
	add(HeaderOriginalPartition, strconv.Itoa(int(e.Origin.Partition)))
	add(HeaderOriginalOffset, strconv.FormatInt(e.Origin.Offset, 10))
	add(HeaderOriginalTimestamp, FormatTime(e.Origin.Timestamp))
	add(HeaderConsumerGroup, e.Group)
	add(HeaderErrorClass, string(e.Class))
	add(HeaderErrorCode, e.Code)
	add(HeaderErrorMessage, cut(plain(e.Message), MaxMessageBytes))
	add(HeaderAttempts, strconv.Itoa(e.Attempts))
	add(HeaderFirstFailedAt, FormatTime(e.FirstFailedAt))
	add(HeaderFailedAt, FormatTime(e.FailedAt))
	add(HeaderReplayCount, strconv.Itoa(e.ReplayCount))
	if e.ReplayJob != "" {
		add(HeaderReplayJob, e.ReplayJob)
	}
	if e.AcceptDuplicate {
		add(HeaderAcceptDuplicate, "true")
	}
	for _, traced := range e.traces() {
		if *traced.value != "" {
			add(traced.name, *traced.value)
		}
	}
	if e.TruncatedFrom > 0 {
		add(HeaderTruncated, strconv.FormatInt(e.TruncatedFrom, 10))
	}
	add(HeaderTopicAlias, e.Origin.Topic)
	return headers
}

// traceHeader is a header of a trace and where its value is.
type traceHeader struct {
	name  string
	value *string
}

func (e *Envelope) traces() [4]traceHeader {
	return [...]traceHeader{
		{HeaderTraceparent, &e.Trace.Parent},
		{HeaderTracestate, &e.Trace.State},
		{HeaderReplayTraceparent, &e.ReplayTrace.Parent},
		{HeaderReplayTracestate, &e.ReplayTrace.State},
	}
}

// ToKafka converts headers for a record that is produced. Values are shared.
func ToKafka(headers []ports.Header) []kgo.RecordHeader {
	out := make([]kgo.RecordHeader, len(headers))
	for i, h := range headers {
		out[i] = kgo.RecordHeader{Key: h.Key, Value: h.Value}
	}
	return out
}

// FromKafka converts the headers of a record that was read. Values are shared.
func FromKafka(headers []kgo.RecordHeader) []ports.Header {
	out := make([]ports.Header, len(headers))
	for i, h := range headers {
		out[i] = ports.Header{Key: h.Key, Value: h.Value}
	}
	return out
}
