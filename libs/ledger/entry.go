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
	if !e.Kind.state().InDoubt() {
		return append(b, none...) // nobody asks about what is settled
	}
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

// Decoder reads what Marshal wrote. It keeps the texts that most records share
// with the one before, so that a ledger of millions of records is loaded without
// as many copies of a topic's name. The zero value is ready; it is not safe for
// concurrent use.
type Decoder struct {
	// Brief leaves out what Index.Fold does not look at: codes.
	Brief bool

	token, topic string
	fields       [entryFields][]byte
}

// Unmarshal reads a single record, see Decoder.
func Unmarshal(value []byte) (Entry, error) { return new(Decoder).Unmarshal(value) }

// Unmarshal reads one record.
func (d *Decoder) Unmarshal(value []byte) (Entry, error) {
	fields := &d.fields
	n := split(value, fields[:])
	switch {
	case n < fenceFields || string(fields[0]) != version:
		return Entry{}, fmt.Errorf("%w of version %s", ErrMalformed, version)
	case string(fields[1]) == string(KindFence) && n == fenceFields:
		return Entry{Kind: KindFence, Token: string(fields[2]), Channel: domain.Channel(fields[3])}, nil
	case n != entryFields:
		return Entry{}, fmt.Errorf("%w: it has %d fields, not %d", ErrMalformed, n, entryFields)
	}
	return d.entry(fields)
}

// shared returns field as a string, which is kept when it is the same one.
func shared(kept *string, field []byte) string {
	if string(field) != *kept {
		*kept = string(field)
	}
	return *kept
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

func (d *Decoder) entry(f *[entryFields][]byte) (Entry, error) {
	e := Entry{Kind: kindOf(f[1]), Token: shared(&d.token, f[2])}
	if !d.Brief {
		e.Code = missing(f[11])
	}
	if e.Kind == "" {
		return Entry{}, fmt.Errorf("%w: its kind is not known", ErrMalformed)
	}
	c := &e.Claim
	if len(f[3]) != hex.EncodedLen(len(c.Key)) {
		return Entry{}, fmt.Errorf("%w: its key has not %d digits", ErrMalformed, hex.EncodedLen(len(c.Key)))
	}
	if _, err := hex.Decode(c.Key[:], f[3]); err != nil {
		return Entry{}, fmt.Errorf("%w: its key is not hexadecimal", ErrMalformed)
	}
	n := numbers{fields: f}
	c.AppointmentID, c.Handle = string(f[4]), missing(f[12])
	c.Origin = ports.Origin{
		Topic: shared(&d.topic, f[5]), Partition: int32(n.at(6, 32)), //nolint:gosec // at has checked the size
		Offset: n.at(7, 64), Timestamp: time.UnixMilli(n.at(8, 64)),
	}
	if string(f[9]) != none {
		revision := n.at(9, 64)
		c.Revision = &revision
	}
	c.Lease = time.Duration(n.at(10, 64)) * time.Millisecond
	return e, n.err
}

// numbers reads integer fields and keeps the first error.
type numbers struct {
	fields *[entryFields][]byte
	err    error
}

func (n *numbers) at(i, bits int) int64 {
	v, err := strconv.ParseInt(string(n.fields[i]), 10, bits)
	if err != nil && n.err == nil {
		n.err = fmt.Errorf("%w: field %d is no integer of %d bits", ErrMalformed, i+1, bits)
	}
	return v
}

// kindOf returns the kind that a field names, without copying it; empty when
// there is none.
func kindOf(field []byte) Kind {
	for _, k := range [...]Kind{KindClaimed, KindSent, KindFailed, KindUnknown} {
		if string(field) == string(k) {
			return k
		}
	}
	return ""
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
