package ledger

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// ErrMalformed is returned for a value that is not a ledger record.
var ErrMalformed = errors.New("not a ledger record")

// NewerError is returned for a ledger record that a newer build wrote. Its meaning is
// unknown, so a ledger that holds one cannot be relied on: skipping the record might
// cause a second send.
type NewerError struct {
	// Version and Kind are the record's; at least one of them is newer than this build.
	Version, Kind string
}

// Error names the record's version and kind, and what to do.
func (e *NewerError) Error() string {
	return fmt.Sprintf("a ledger record of version %q and kind %q: this build reads versions up to %d; "+
		"start a build at least as new as the one that wrote it", e.Version, e.Kind, Version)
}

// Unmarshal reads one record. The error is ErrMalformed for a value that is not a
// ledger record and may be skipped, and a *NewerError for a record that must not be
// skipped.
func Unmarshal(value []byte) (Entry, error) {
	var f [entryFields][]byte
	n := split(value, f[:])
	if n < fenceFields {
		return Entry{}, fmt.Errorf("%w: it has %d fields", ErrMalformed, n)
	}
	kind := kindOf(f[1])
	switch {
	case newer(f[0], f[1], kind, n):
		return Entry{}, &NewerError{Version: string(f[0]), Kind: string(f[1])}
	case kind == KindFence && n == fenceFields && !isNone(f[2]):
		return Entry{Kind: KindFence, Token: string(f[2]), Channel: domain.Channel(f[3])}, nil
	case kind == KindFence || kind == "":
		return Entry{}, fmt.Errorf("%w: %d fields of kind %.20q", ErrMalformed, n, f[1])
	case string(f[0]) == "1" && n == firstFields:
		f[15], f[14], f[12], f[13] = f[12], f[11], f[10], []byte(none)
		f[10], f[11], f[16] = f[13], f[13], f[13]
	case string(f[0]) == "2" && n == earlyFields:
		f[16] = []byte(none)
	case string(f[0]) != "2" && string(f[0]) != "3" || n != entryFields:
		return Entry{}, fmt.Errorf("%w: %d fields of version %.20q", ErrMalformed, n, f[0])
	}
	return entryOf(kind, &f)
}

// newer reports whether a newer build wrote the record: its version or kind is one that
// this build does not know, or it has more fields than its version had.
func newer(version, field []byte, kind Kind, fields int) bool {
	most := entryFields
	switch string(version) {
	case "1":
		most = firstFields
		if kind == KindNoted {
			return true
		}
	case "2", "3":
	default:
		return isNumber(version) && isWord(field)
	}
	if kind == KindFence {
		most = fenceFields
	}
	return isWord(field) && (kind == "" || fields > most)
}

// isNumber reports whether b is a version, an integer of at least 1.
func isNumber(b []byte) bool {
	return len(b) > 0 && len(b) <= 4 && b[0] != '0' && len(bytes.Trim(b, "0123456789")) == 0
}

// isWord reports whether b can be a kind.
func isWord(b []byte) bool {
	return len(b) > 0 && len(b) <= 32 && len(bytes.Trim(b, "abcdefghijklmnopqrstuvwxyz_")) == 0
}

func isNone(field []byte) bool { return string(field) == none }

// kindOf returns the kind that a field names, without copying it; empty if it names no
// known kind.
func kindOf(field []byte) Kind {
	switch string(field) {
	case string(KindClaimed):
		return KindClaimed
	case string(KindSent):
		return KindSent
	case string(KindFailed):
		return KindFailed
	case string(KindUnknown):
		return KindUnknown
	case string(KindNoted):
		return KindNoted
	case string(KindFence):
		return KindFence
	}
	return ""
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

func entryOf(kind Kind, f *[entryFields][]byte) (Entry, error) {
	e := Entry{Kind: kind, Token: string(f[2]), Code: missing(f[14])}
	c := &e.Claim
	if err := readKey(&c.Key, f[3], kind == KindNoted); err != nil {
		return Entry{}, err
	}
	n := numbers{fields: f}
	c.AppointmentID, c.Handle = string(f[4]), missing(f[15])
	c.Origin = ports.Origin{
		Topic: string(f[5]), Partition: n.small(6),
		Offset: n.at(7), Timestamp: time.UnixMilli(n.at(8)),
	}
	if !isNone(f[9]) {
		revision := n.at(9)
		c.Revision = &revision
	}
	c.Facts = domain.Facts{Instant: n.time(10), Cancelled: n.word(11, cancelled)}
	c.Lease = time.Duration(n.at(12)) * time.Millisecond
	c.At, c.Recipient = n.time(13), n.tag(16)
	return e, n.err
}

func readKey(into *domain.Key, field []byte, optional bool) error {
	if optional && isNone(field) {
		return nil
	}
	if len(field) != hex.EncodedLen(len(into)) {
		return fmt.Errorf("%w: its key has not %d digits", ErrMalformed, hex.EncodedLen(len(into)))
	}
	if _, err := hex.Decode(into[:], field); err != nil {
		return fmt.Errorf("%w: its key is not hexadecimal", ErrMalformed)
	}
	return nil
}

func missing(field []byte) string {
	if isNone(field) {
		return ""
	}
	return string(field)
}
