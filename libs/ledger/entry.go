// Package ledger is the delivery ledger, independent of its storage: the records and
// their text form, and the fold that turns a log of records into the state of each
// delivery key.
package ledger

import (
	"encoding/hex"
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
	// KindNoted: an event was seen and ended without a claim. It leaves the
	// facts, so that an older event is still known to be older, and changes no
	// state. It may lack the key.
	KindNoted Kind = "noted"
)

// KindOf returns the kind of record that puts a key into state s.
func KindOf(s ports.State) Kind { return Kind(s.String()) }

// Entry is one ledger record.
type Entry struct {
	Kind Kind
	// Token is the fence token of the owner that wrote the record.
	Token string
	// Channel is set on fences only: it identifies a ledger of another channel.
	Channel domain.Channel
	// Claim is set on all kinds but fences. Since and Handles are not written, because
	// they only have a meaning within the process.
	Claim ports.Claim
	// Code is the provider's id for KindSent, otherwise a failure code.
	Code string
}

// Version is the version of the text form that this build writes. It reads all earlier
// versions, too.
const Version = 3

// The text form is one line of tab-separated fields, so that a ledger can be
// read with any Kafka tool and scanned without a parser:
//
//	3 fence   token channel
//	3 <kind>  token key appointment topic partition offset timestamp revision instant status lease claimed code handle recipient
//
// Times are Unix milliseconds, leases milliseconds; "-" is a missing value. instant and
// status are the facts; status is "cancelled" or "-". claimed is when the earliest
// claim in doubt was made, by its writer's clock or by the broker's, whichever is
// earlier: an `unknown` still contains it after retention has removed the claim.
// recipient is a domain.RecipientTag. Version 1 has neither instant, status, claimed
// nor recipient. Version 2 ends with the handle; its last builds wrote the recipient,
// too.
const (
	none        = "-"
	cancelled   = "cancelled"
	fenceFields = 4
	entryFields = 17
	firstFields = 13 // an entry of version 1
	earlyFields = 16 // an early entry of version 2
)

// Marshal returns the text form of e.
func (e *Entry) Marshal() []byte {
	version := strconv.Itoa(Version)
	if e.Kind == KindFence {
		return []byte(strings.Join([]string{version, string(e.Kind), e.Token, string(e.Channel)}, "\t"))
	}
	c := &e.Claim
	b := make([]byte, 0, 352)
	b = append(append(b, version...), '\t')
	b = append(append(b, e.Kind...), '\t')
	b = append(append(b, e.Token...), '\t')
	if c.Key == (domain.Key{}) {
		b = append(b, none+"\t"...)
	} else {
		b = append(hex.AppendEncode(b, c.Key[:]), '\t')
	}
	b = append(append(b, clean(c.AppointmentID)...), '\t')
	b = append(append(b, c.Origin.Topic...), '\t')
	b = append(strconv.AppendInt(b, int64(c.Origin.Partition), 10), '\t')
	b = append(strconv.AppendInt(b, c.Origin.Offset, 10), '\t')
	b = append(strconv.AppendInt(b, c.Origin.Timestamp.UnixMilli(), 10), '\t')
	b = appendOptional(b, c.Revision)
	b = appendFacts(b, c.Facts)
	b = append(strconv.AppendInt(b, c.Lease.Milliseconds(), 10), '\t')
	b = appendTime(b, c.At)
	b = append(append(b, orNone(e.Code)...), '\t')
	handle := none // a settled key needs no look-up
	if e.Kind.state().InDoubt() {
		handle = orNone(c.Handle)
	}
	b = append(append(b, handle...), '\t')
	if c.Recipient == 0 {
		return append(b, none...)
	}
	return strconv.AppendUint(b, uint64(c.Recipient), 10)
}

func appendOptional(b []byte, n *int64) []byte {
	if n == nil {
		return append(b, none+"\t"...)
	}
	return append(strconv.AppendInt(b, *n, 10), '\t')
}

func appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(b, none+"\t"...)
	}
	return append(strconv.AppendInt(b, t.UnixMilli(), 10), '\t')
}

func appendFacts(b []byte, f domain.Facts) []byte {
	b = appendTime(b, f.Instant)
	if f.Cancelled {
		return append(b, cancelled+"\t"...)
	}
	return append(b, none+"\t"...)
}

// orNone is clean for a field that may be missing.
func orNone(s string) string {
	if s == "" {
		return none
	}
	return clean(s)
}

// clean replaces characters that would break the line: a provider's id comes from
// outside and may contain any character.
func clean(s string) string {
	if !strings.ContainsAny(s, "\t\r\n") {
		return s
	}
	return strings.NewReplacer("\t", " ", "\r", " ", "\n", " ").Replace(s)
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
	case KindFence, KindNoted:
	}
	return ports.StateNone
}
