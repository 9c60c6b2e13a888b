// Package ledger holds the delivery ledger apart from where it is stored: the
// records and their text form, and the fold that turns a log of records into
// what is known of each delivery key.
package ledger

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Kind is the kind of a ledger record.
type Kind string

// The kinds of ledger records.
const (
	KindFence   Kind = "fence"
	KindClaimed Kind = "claimed"
	KindSent    Kind = "sent"
	KindFailed  Kind = "failed"
	KindUnknown Kind = "unknown"
)

// KindOf returns the kind of record that puts a key into state s.
func KindOf(s ports.State) Kind { return Kind(s.String()) }

// Entry is one ledger record.
type Entry struct {
	Kind Kind
	// Token is the fence token of the owner that wrote the record.
	Token string
	// Channel is set on fences only: it tells a ledger of another channel.
	Channel domain.Channel
	// Claim is set on all kinds but fences.
	Claim ports.Claim
	// Code is the provider's id for KindSent, otherwise a failure code.
	Code string
}

// The text form is one line of tab-separated fields, so that a ledger can be
// read with any Kafka tool and scanned without a parser:
//
//	1 fence   token channel
//	1 <kind>  token key appointment topic partition offset timestamp revision lease code handle
//
// Times are Unix milliseconds, leases milliseconds; "-" is a missing value.
const (
	version     = "1"
	none        = "-"
	fenceFields = 4
	entryFields = 13
)

// Marshal returns the text form of e.
func (e *Entry) Marshal() []byte {
	if e.Kind == KindFence {
		return []byte(strings.Join([]string{version, string(e.Kind), e.Token, string(e.Channel)}, "\t"))
	}
	c := &e.Claim
	b := make([]byte, 0, 320)
	b = append(b, version+"\t"...)
	b = append(append(b, e.Kind...), '\t')
	b = append(append(b, e.Token...), '\t')
	b = append(hex.AppendEncode(b, c.Key[:]), '\t')
	b = append(append(b, clean(c.AppointmentID)...), '\t')
	b = append(append(b, c.Origin.Topic...), '\t')
	b = append(strconv.AppendInt(b, int64(c.Origin.Partition), 10), '\t')
	b = append(strconv.AppendInt(b, c.Origin.Offset, 10), '\t')
	b = append(strconv.AppendInt(b, c.Origin.Timestamp.UnixMilli(), 10), '\t')
	if c.Revision != nil {
		b = append(strconv.AppendInt(b, *c.Revision, 10), '\t')
	} else {
		b = append(b, none+"\t"...)
	}
	b = append(strconv.AppendInt(b, c.Lease.Milliseconds(), 10), '\t')
	b = append(append(b, orNone(e.Code)...), '\t')
	return append(b, orNone(c.Handle)...)
}

// orNone is clean for a field that may be missing.
func orNone(s string) string {
	if s == "" {
		return none
	}
	return clean(s)
}

// clean keeps a field from breaking the line: a provider's id comes from
// outside, and no rule says what may stand in it.
func clean(s string) string {
	if !strings.ContainsAny(s, "\t\r\n") {
		return s
	}
	return strings.NewReplacer("\t", " ", "\r", " ", "\n", " ").Replace(s)
}

// ErrMalformed is returned for a value that is no ledger record.
var ErrMalformed = errors.New("not a ledger record")

// Unmarshal reads what Marshal wrote.
func Unmarshal(value []byte) (Entry, error) {
	var fields [entryFields][]byte
	n := split(value, fields[:])
	switch {
	case n < fenceFields || string(fields[0]) != version:
		return Entry{}, fmt.Errorf("%w of version %s", ErrMalformed, version)
	case string(fields[1]) == string(KindFence) && n == fenceFields:
		return Entry{Kind: KindFence, Token: string(fields[2]), Channel: domain.Channel(fields[3])}, nil
	case n != entryFields:
		return Entry{}, fmt.Errorf("%w: it has %d fields, not %d", ErrMalformed, n, entryFields)
	}
	return unmarshalEntry(fields)
}

// split cuts value at tabs into at most len(into) fields and returns how many
// there are; one more than fit is reported as len(into)+1.
func split(value []byte, into [][]byte) int {
	for n := range into {
		i := bytes.IndexByte(value, '\t')
		if i < 0 {
			into[n] = value
			return n + 1
		}
		into[n], value = value[:i], value[i+1:]
	}
	return len(into) + 1
}

func unmarshalEntry(f [entryFields][]byte) (Entry, error) {
	e := Entry{Kind: Kind(f[1]), Token: string(f[2]), Code: missing(f[11])}
	if e.Kind.state() == ports.StateNone {
		return Entry{}, fmt.Errorf("%w: its kind is not known", ErrMalformed)
	}
	c := &e.Claim
	if n, err := hex.Decode(c.Key[:], f[3][:min(len(f[3]), 2*len(c.Key))]); err != nil || n != len(c.Key) {
		return Entry{}, fmt.Errorf("%w: its key is not hexadecimal", ErrMalformed)
	}
	var numbers [4]int64
	for i, at := range [...]int{6, 7, 8, 10} {
		var err error
		if numbers[i], err = strconv.ParseInt(string(f[at]), 10, 64); err != nil {
			return Entry{}, fmt.Errorf("%w: field %d is no integer", ErrMalformed, at+1)
		}
	}
	if rev := missing(f[9]); rev != "" {
		n, err := strconv.ParseInt(rev, 10, 64)
		if err != nil {
			return Entry{}, fmt.Errorf("%w: its revision is no integer", ErrMalformed)
		}
		c.Revision = &n
	}
	c.AppointmentID, c.Handle = string(f[4]), missing(f[12])
	c.Origin = ports.Origin{
		Topic: string(f[5]), Partition: int32(numbers[0]), //nolint:gosec // partitions are 32-bit in Kafka's protocol
		Offset: numbers[1], Timestamp: time.UnixMilli(numbers[2]),
	}
	c.Lease = time.Duration(numbers[3]) * time.Millisecond
	return e, nil
}

func missing(field []byte) string {
	if string(field) == none {
		return ""
	}
	return string(field)
}

// state returns the state that a record of kind k puts its key into.
func (k Kind) state() ports.State {
	switch k {
	case KindClaimed:
		return ports.StateClaimed
	case KindSent:
		return ports.StateSent
	case KindFailed:
		return ports.StateFailed
	case KindUnknown:
		return ports.StateUnknown
	case KindFence:
	}
	return ports.StateNone
}
