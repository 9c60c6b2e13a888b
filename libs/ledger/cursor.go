package ledger

import (
	"bytes"
	"encoding/hex"
	"math"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// cursor reads the fields of a record one after the other. It fails at any unusual
// field, valid or not: Unmarshal then decides.
type cursor struct {
	rest   []byte
	failed bool
}

// fail ends the reading.
func (c *cursor) fail() { c.failed, c.rest = true, nil }

// text reads a field that is not the last.
func (c *cursor) text() []byte {
	i := bytes.IndexByte(c.rest, '\t')
	if i < 0 {
		c.fail()
		return nil
	}
	field := c.rest[:i]
	c.rest = c.rest[i+1:]
	return field
}

// number reads a field of up to 18 digits that is not the last. Most are times, of 13
// digits.
func (c *cursor) number() int64 {
	sum, i := digits(c.rest)
	if i == 0 || i > 18 || i == len(c.rest) || c.rest[i] != '\t' {
		c.fail()
		return 0
	}
	c.rest = c.rest[i+1:]
	return sum
}

// digits reads the digits at the start of b and returns how many there are. A number of
// more than 18 digits may overflow.
func digits(b []byte) (sum int64, n int) {
	for n < len(b) && b[n]-'0' <= 9 {
		sum = 10*sum + int64(b[n]-'0')
		n++
	}
	return sum, n
}

// missing reports whether the next field is the mark of a missing value, and skips it.
func (c *cursor) missing() bool {
	if len(c.rest) < 2 || c.rest[0] != none[0] || c.rest[1] != '\t' {
		return false
	}
	c.rest = c.rest[2:]
	return true
}

// optional is number for a field that may be missing.
func (c *cursor) optional() (v int64, known bool) {
	if c.missing() {
		return 0, false
	}
	return c.number(), true
}

func (c *cursor) key(into *domain.Key, optional bool) {
	const width = 2 * len(into)
	switch {
	case optional && c.missing():
		*into = domain.Key{}
	case len(c.rest) <= width || c.rest[width] != '\t':
		c.fail()
	default:
		if _, err := hex.Decode(into[:], c.rest[:width]); err != nil {
			c.fail()
			return
		}
		c.rest = c.rest[width+1:]
	}
}

// origin reads where the event was published, and its revision.
func (c *cursor) origin(e *entry) {
	c.text() // the topic
	if c.number() > math.MaxInt32 {
		c.fail()
	}
	e.offset, e.timestamp = c.number(), c.number()
	if revision, known := c.optional(); known {
		e.revision, e.flags = revision, e.flags|revised
	}
}

func (c *cursor) facts(e *entry) {
	if instant, known := c.optional(); known {
		e.instant, e.flags = instant, e.flags|informed
	}
	if c.missing() {
		return
	}
	if string(c.text()) != cancelled {
		c.fail()
	}
	e.flags |= cancels
}

// last reports whether no other field follows.
func (c *cursor) last() bool { return !c.failed && bytes.IndexByte(c.rest, '\t') < 0 }

// recipient reads the last field.
func (c *cursor) recipient() domain.RecipientTag {
	if string(c.rest) == none {
		return 0
	}
	tag, n := digits(c.rest)
	if n == 0 || n != len(c.rest) || n > 18 || tag < 1 || tag > math.MaxUint32 {
		c.fail()
		return 0
	}
	return domain.RecipientTag(tag)
}
