// Package query parses the filters that people write to select dead letters, in flags
// or in the query string of an address. The command line and the console share it, so
// that both understand a filter in the same way.
package query

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/mask"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
)

// Query is a filter as people write it. The zero value selects everything.
type Query struct {
	Channels, Classes, Codes, Statuses []string
	// Text, Appointment, Since and Until are empty for no restriction.
	Text, Appointment, Since, Until string
	Partition                       *int32
	Offset                          *int64
	// Names are ids, beginnings of ids of at least 4 characters, or one
	// PARTITION:OFFSET.
	Names []string
}

// AllStatuses stands for all statuses.
const AllStatuses = "all"

// Error is a fault in a query.
type Error struct {
	// Field is the field at fault: "channel", "since"; empty if a name is at fault.
	Field string
	// Problem continues the sentence after the field.
	Problem string
}

// Error returns field and problem.
func (e *Error) Error() string { return strings.TrimSpace(e.Field + " " + e.Problem) }

// Filter returns the filter of q at now. The error is an *Error.
func (q Query) Filter(now time.Time) (index.Filter, error) {
	out := index.Filter{
		Channels: q.Channels, Classes: q.Classes, Codes: q.Codes, Text: q.Text, Appointment: q.Appointment,
		Partition: q.Partition, Offset: q.Offset,
	}
	if err := q.known(); err != nil {
		return out, err
	}
	var err error
	if out.Since, err = moment(q.Since, now); err != nil {
		return out, err
	}
	if out.Until, err = moment(q.Until, now); err != nil {
		return out, err
	}
	if !out.Since.IsZero() && !out.Until.IsZero() && !out.Since.Before(out.Until) {
		return out, &Error{"since", "must be before until"}
	}
	for _, status := range q.Statuses {
		if status == AllStatuses {
			out.Statuses = index.Statuses()
			break
		}
		out.Statuses = append(out.Statuses, index.Status(status))
	}
	return named(out, q.Names)
}

// Unresolved returns f for a list: without statuses and ids it selects the unresolved
// dead letters.
func Unresolved(f index.Filter) (index.Filter, bool) {
	if len(f.Statuses) > 0 || len(f.IDs) > 0 || f.Partition != nil && f.Offset != nil {
		return f, false
	}
	f.Statuses = slices.DeleteFunc(index.Statuses(), index.Status.Final)
	return f, true
}

// known refuses values that cannot match any dead letter.
func (q Query) known() error {
	if err := oneOf("channel", q.Channels, domain.Channels()); err != nil {
		return err
	}
	if err := oneOf("class", q.Classes, domain.Classes()); err != nil {
		return err
	}
	if err := oneOf("status", q.Statuses, append(index.Statuses(), AllStatuses)); err != nil {
		return err
	}
	if mask.Recipient(q.Text) {
		return &Error{"text", "must not be an address or a phone number: values are not looked into, and it would be kept in the audit"}
	}
	return nil
}

func oneOf[T ~string](field string, given []string, legal []T) error {
	for _, value := range given {
		if !slices.Contains(legal, T(value)) {
			return &Error{field, fmt.Sprintf("must be one of %v", legal)}
		}
	}
	return nil
}

// named adds dead letters by id, the beginning of an id, or PARTITION:OFFSET.
func named(f index.Filter, names []string) (index.Filter, error) {
	for _, name := range names {
		partition, offset, isPlace := strings.Cut(name, ":")
		switch {
		case !isPlace && len(name) >= 4:
			f.IDs = append(f.IDs, strings.ToLower(name))
		case isPlace && f.Partition != nil || isPlace && f.Offset != nil:
			return f, &Error{Problem: "PARTITION:OFFSET goes without --partition and --offset"}
		case isPlace && len(names) == 1:
			p, err := strconv.ParseInt(partition, 10, 32)
			o, err2 := strconv.ParseInt(offset, 10, 64)
			if err != nil || err2 != nil {
				return f, &Error{Problem: name + " is not PARTITION:OFFSET"}
			}
			p32 := int32(p)
			f.Partition, f.Offset = &p32, &o
		default:
			return f, &Error{Problem: "name dead letters by their ids (at least 4 characters), or one of them by PARTITION:OFFSET"}
		}
	}
	return f, nil
}

// moment reads a time, a date or an age.
func moment(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		// The zero time would be no restriction, and select everything.
		if t, err := time.Parse(layout, s); err == nil && !t.IsZero() {
			return t, nil
		}
	}
	age := s
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseInt(days, 10, 32)
		if err != nil {
			return time.Time{}, notATime(s)
		}
		age = fmt.Sprintf("%dh", 24*n)
	}
	d, err := time.ParseDuration(age)
	if err != nil || d < 0 {
		return time.Time{}, notATime(s)
	}
	return now.Add(-d), nil
}

func notATime(s string) error {
	return &Error{Problem: s + " is not a time: write 2026-05-04T09:30:00Z, 2026-05-04, 90m or 7d"}
}
