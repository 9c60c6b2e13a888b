package envelope

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// ErrNone means that the headers contain no `dlq-*` block.
var ErrNone = errors.New("no " + HeaderVersion + " header")

// MalformedError lists the headers of a block that are missing or cannot be
// read. Its text holds names only.
type MalformedError struct{ Names []string }

// Error names the headers at fault.
func (e *MalformedError) Error() string {
	return "missing or unreadable: " + strings.Join(e.Names, ", ")
}

// Decode reads the block of a dead letter or a replay. It never panics, even on
// arbitrary headers. With ErrNone or a *MalformedError the envelope still has all parts
// that could be read, for display.
//
// A class or channel that this version does not know is not an error: newer
// workers may write to the same topic.
func Decode(headers []ports.Header) (Envelope, error) {
	own, block := split(headers)
	if block == nil {
		return Envelope{Headers: own}, ErrNone
	}
	r := reader{block: block}
	e := Envelope{
		ID:      r.token(HeaderID),
		Channel: domain.Channel(r.token(HeaderChannel)),
		Origin: ports.Origin{
			Topic:     r.required(HeaderOriginalTopic),
			Partition: int32(r.number(HeaderOriginalPartition, 32)), //nolint:gosec // read as 32 bits
			Offset:    r.number(HeaderOriginalOffset, 64),
			Timestamp: r.time(HeaderOriginalTimestamp),
		},
		Group: block[HeaderConsumerGroup],
		Class: domain.Class(r.token(HeaderErrorClass)),
		Code:  block[HeaderErrorCode], Message: block[HeaderErrorMessage],
		Attempts:      int(r.number(HeaderAttempts, 32)),
		FirstFailedAt: r.time(HeaderFirstFailedAt), FailedAt: r.time(HeaderFailedAt),
		ReplayCount: int(r.number(HeaderReplayCount, 32)), ReplayJob: block[HeaderReplayJob],
		AcceptDuplicate: r.flag(HeaderAcceptDuplicate),
		TruncatedFrom:   r.optional(HeaderTruncated, 64),
		Headers:         own,
	}
	for _, traced := range e.traces() {
		*traced.value = block[traced.name]
	}
	if block[HeaderVersion] != Version {
		r.fault(HeaderVersion)
	}
	return e, r.err()
}

// Replay reads the block of a record of ch's replay topic, and returns it with the
// event's own headers. It fails, but never panics, if headers are missing or broken, or
// name another channel: such a record is not a replay and has to be dead-lettered as a
// record of its own.
func Replay(ch domain.Channel, headers []ports.Header) (*ports.Replay, []ports.Header, error) {
	e, err := Decode(headers)
	if err != nil {
		return nil, nil, fmt.Errorf("not a replay: %w", err)
	}
	if e.Channel != ch {
		return nil, nil, fmt.Errorf("not a replay for %s: %w", ch, &MalformedError{Names: []string{HeaderChannel}})
	}
	if e.ReplayCount < 1 {
		return nil, nil, fmt.Errorf("not a replay: %w", &MalformedError{Names: []string{HeaderReplayCount}})
	}
	return &ports.Replay{
		DeadLetterID: e.ID, Job: e.ReplayJob, Count: e.ReplayCount, Class: string(e.Class),
		AcceptDuplicate: e.AcceptDuplicate, Origin: e.Origin, FirstFailedAt: e.FirstFailedAt,
		Sent: e.ReplayTrace, DeadLettered: e.Trace,
	}, e.Headers, nil
}

// split separates the producer's headers from the block, which is nil if there is no
// block. Foreign headers behind the block's beginning, as tracing agents add them,
// count as the producer's. Of a repeated name the last counts.
func split(headers []ports.Header) ([]ports.Header, map[string]string) {
	start := -1
	for i, h := range headers {
		if h.Key == HeaderVersion {
			start = i
		}
	}
	if start < 0 {
		return headers, nil
	}
	block := make(map[string]string, len(headers)-start)
	own := append([]ports.Header(nil), headers[:start]...)
	known := names()
	for _, h := range headers[start:] {
		if known[h.Key] {
			block[h.Key] = string(h.Value)
		} else {
			own = append(own, h)
		}
	}
	return own, block
}

// Own returns headers without any that a block may have, so that a broken replay is
// dead-lettered with one block, not with two that contradict each other.
func Own(headers []ports.Header) []ports.Header {
	known := names()
	return slices.DeleteFunc(slices.Clone(headers), func(h ports.Header) bool { return known[h.Key] })
}

func names() map[string]bool {
	return map[string]bool{
		HeaderVersion: true, HeaderID: true, HeaderChannel: true, HeaderOriginalTopic: true,
		HeaderOriginalPartition: true, HeaderOriginalOffset: true, HeaderOriginalTimestamp: true,
		HeaderConsumerGroup: true, HeaderErrorClass: true, HeaderErrorCode: true,
		HeaderErrorMessage: true, HeaderAttempts: true, HeaderFirstFailedAt: true,
		HeaderFailedAt: true, HeaderReplayCount: true, HeaderReplayJob: true,
		HeaderAcceptDuplicate: true, HeaderTruncated: true, HeaderTopicAlias: true,
		HeaderTraceparent: true, HeaderTracestate: true, HeaderReplayTraceparent: true, HeaderReplayTracestate: true,
	}
}

// reader reads values of a block and remembers the headers that were missing or
// malformed.
type reader struct {
	block  map[string]string
	faults []string
}

func (r *reader) fault(name string) { r.faults = append(r.faults, name) }

func (r *reader) err() error {
	if len(r.faults) == 0 {
		return nil
	}
	return &MalformedError{Names: r.faults}
}

func (r *reader) required(name string) string {
	if r.block[name] == "" {
		r.fault(name)
	}
	return r.block[name]
}

// token reads a value that is used in keys, topic names or metrics.
func (r *reader) token(name string) string {
	if !isToken(r.block[name]) {
		r.fault(name)
		return ""
	}
	return r.block[name]
}

func (r *reader) number(name string, bits int) int64 {
	n, err := strconv.ParseInt(r.block[name], 10, bits)
	if err != nil || n < 0 {
		r.fault(name)
		return 0
	}
	return n
}

// optional reads a number that most blocks do not have.
func (r *reader) optional(name string, bits int) int64 {
	if _, given := r.block[name]; !given {
		return 0
	}
	return r.number(name, bits)
}

func (r *reader) time(name string) time.Time {
	t, err := parseTime(r.block[name])
	if err != nil {
		r.fault(name)
	}
	return t
}

// flag reads an optional header. Any value but "true" is malformed: a permission must
// be explicit.
func (r *reader) flag(name string) bool {
	value, given := r.block[name]
	if given && value != "true" {
		r.fault(name)
	}
	return value == "true"
}

// isToken reports whether s is safe in a record key, a topic name or a metric.
func isToken(s string) bool {
	for _, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (r < '0' || r > '9') && r != '.' && r != '_' && r != '-' {
			return false
		}
	}
	return s != "" && len(s) <= 128
}
