package ledger

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// numbers reads fields and keeps the first error.
type numbers struct {
	fields *[entryFields][]byte
	err    error
}

func (n *numbers) fail(i int, want string) {
	if n.err == nil {
		n.err = fmt.Errorf("%w: field %d is no %s", ErrMalformed, i+1, want)
	}
}

// at reads an integer. Most are times: 13 digits, which need no check for
// overflow and no copy.
func (n *numbers) at(i int) int64 {
	field, sum := n.fields[i], int64(0)
	if len(field) == 0 || len(field) > 18 {
		return n.slow(i)
	}
	for _, digit := range field {
		if digit < '0' || digit > '9' {
			return n.slow(i)
		}
		sum = 10*sum + int64(digit-'0')
	}
	return sum
}

func (n *numbers) slow(i int) int64 {
	v, err := strconv.ParseInt(string(n.fields[i]), 10, 64)
	if err != nil {
		n.fail(i, "integer")
	}
	return v
}

func (n *numbers) small(i int) int32 {
	v := n.at(i)
	if v < math.MinInt32 || v > math.MaxInt32 {
		n.fail(i, "integer of 32 bits")
		return 0
	}
	return int32(v)
}

// time reads a time that may be missing.
func (n *numbers) time(i int) time.Time {
	if isNone(n.fields[i]) {
		return time.Time{}
	}
	return time.UnixMilli(n.at(i))
}

// tag reads a recipient that may be missing.
func (n *numbers) tag(i int) domain.RecipientTag {
	if isNone(n.fields[i]) {
		return 0
	}
	v := n.at(i)
	if v < 1 || v > math.MaxUint32 {
		n.fail(i, "recipient")
		return 0
	}
	return domain.RecipientTag(v)
}

// word reports whether the field is word rather than missing.
func (n *numbers) word(i int, word string) bool {
	switch string(n.fields[i]) {
	case word:
		return true
	case none:
	default:
		n.fail(i, "word of ours")
	}
	return false
}
