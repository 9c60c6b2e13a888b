package cli

import (
	"errors"
	"time"

	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/query"
)

// filterFlags select dead letters.
type filterFlags struct {
	Channel     []string `group:"Filter" placeholder:"CHANNEL" help:"The channel that failed: email, sms."`
	Class       []string `group:"Filter" placeholder:"CLASS" help:"The failure class, for example recipient_rejected."`
	Code        []string `group:"Filter" placeholder:"CODE" help:"The failure code, for example twilio.21211."`
	Text        string   `group:"Filter" placeholder:"TEXT" help:"Part of id, key, appointment, code, message, topic or job. Values are not looked into."`
	Appointment string   `group:"Filter" placeholder:"ID" help:"The appointment id or record key."`
	Since       string   `group:"Filter" placeholder:"TIME" help:"Given up at or after: RFC 3339, a date (from 00:00 UTC), or how long ago (90m; 7d are 168 hours)."`
	Until       string   `group:"Filter" placeholder:"TIME" help:"Given up before."`
	Partition   *int32   `group:"Filter" placeholder:"N" help:"The partition of the dead-letter topic."`
	Offset      *int64   `group:"Filter" placeholder:"N" help:"The offset in the dead-letter topic."`
	Status      []string `group:"Filter" placeholder:"STATUS" help:"open, parked, replaying, sent, skipped, failed, discarded or all."`
}

// filter returns the filter of the flags and the named dead letters.
func (f filterFlags) filter(names []string, now time.Time) (index.Filter, error) {
	out, err := query.Query{
		Channels: f.Channel, Classes: f.Class, Codes: f.Code, Statuses: f.Status, Text: f.Text, Appointment: f.Appointment,
		Since: f.Since, Until: f.Until, Partition: f.Partition, Offset: f.Offset, Names: names,
	}.Filter(now)
	return out, misquery(err)
}

// misquery turns a query's error into a usage error that names the flag.
func misquery(err error) error {
	var wrong *query.Error
	switch {
	case !errors.As(err, &wrong):
		return err
	case wrong.Field != "":
		return usageError("--" + wrong.Error())
	default:
		return usageError(wrong.Error())
	}
}
