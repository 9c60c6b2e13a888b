package cli

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

// filterFlags select dead letters.
type filterFlags struct {
	Channel     []string `group:"Filter" placeholder:"CHANNEL" help:"The channel that failed: email, sms."`
	Class       []string `group:"Filter" placeholder:"CLASS" help:"The failure class, for example recipient_rejected."`
	Code        []string `group:"Filter" placeholder:"CODE" help:"The failure code, for example twilio.21211."`
	Text        string   `group:"Filter" placeholder:"TEXT" help:"Part of id, key, appointment, code, message, topic or job. Values are not looked into."`
	Appointment string   `group:"Filter" placeholder:"ID" help:"The appointment id or record key."`
	Since       string   `group:"Filter" placeholder:"TIME" help:"Given up at or after: RFC 3339, a date, or how long ago (90m, 7d)."`
	Until       string   `group:"Filter" placeholder:"TIME" help:"Given up before."`
	Partition   *int32   `group:"Filter" placeholder:"N" help:"The partition of the dead-letter topic."`
	Offset      *int64   `group:"Filter" placeholder:"N" help:"The offset in the dead-letter topic."`
	Status      []string `group:"Filter" placeholder:"STATUS" help:"open, parked, replaying, sent, skipped, failed, discarded or all."`
}

// filter returns what the flags and the named dead letters select.
func (f filterFlags) filter(names []string, now time.Time) (index.Filter, error) {
	out := index.Filter{
		Channels: f.Channel, Classes: f.Class, Codes: f.Code, Text: f.Text, Appointment: f.Appointment,
		Partition: f.Partition, Offset: f.Offset,
	}
	if err := f.known(); err != nil {
		return out, err
	}
	var err error
	if out.Since, err = moment(f.Since, now); err != nil {
		return out, err
	}
	if out.Until, err = moment(f.Until, now); err != nil {
		return out, err
	}
	if !out.Since.IsZero() && !out.Until.IsZero() && !out.Since.Before(out.Until) {
		return out, usageError("--since must be before --until")
	}
	for _, status := range f.Status {
		if status == "all" {
			out.Statuses = index.Statuses()
			break
		}
		out.Statuses = append(out.Statuses, index.Status(status))
	}
	return named(out, names)
}

// known refuses values that can match nothing.
func (f filterFlags) known() error {
	if err := oneOf("channel", f.Channel, domain.Channels()); err != nil {
		return err
	}
	if err := oneOf("class", f.Class, domain.Classes()); err != nil {
		return err
	}
	if err := oneOf("status", f.Status, append(index.Statuses(), "all")); err != nil {
		return err
	}
	if mask.Recipient(f.Text) {
		return usageError("--text must not be an address or a phone number: values are not looked into, and it would be kept in the audit")
	}
	return nil
}

func oneOf[T ~string](flag string, given []string, legal []T) error {
	for _, value := range given {
		if !slices.Contains(legal, T(value)) {
			return usageError(fmt.Sprintf("--%s must be one of %v", flag, legal))
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
			return f, usageError("PARTITION:OFFSET goes without --partition and --offset")
		case isPlace && len(names) == 1:
			p, err := strconv.ParseInt(partition, 10, 32)
			o, err2 := strconv.ParseInt(offset, 10, 64)
			if err != nil || err2 != nil {
				return f, usageError(name + " is not PARTITION:OFFSET")
			}
			p32 := int32(p)
			f.Partition, f.Offset = &p32, &o
		default:
			return f, usageError("name dead letters by their ids (at least 4 characters), or one of them by PARTITION:OFFSET")
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
		if t, err := time.Parse(layout, s); err == nil {
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
	return usageError(s + " is not a time: write 2026-05-04T09:30:00Z, 2026-05-04, 90m or 7d")
}
