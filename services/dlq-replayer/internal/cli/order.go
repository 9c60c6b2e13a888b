package cli

import (
	"cmp"
	"errors"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/mask"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
)

// order returns the order of the flags, if they are consistent.
func (c replayCommand) order() (replay.Order, error) {
	filter, err := c.filter(c.Names, time.Now())
	if err == nil {
		err = c.check()
	}
	o := replay.Order{Filter: filter, Who: c.who(), Reason: mask.Text(c.Reason), Rate: replay.DefaultRate, Limit: c.Limit}
	if c.Rate != nil {
		o.Rate = *c.Rate
	}
	if c.AcceptDuplicate && err == nil {
		if len(c.Names) != 1 {
			return o, usage(replay.ErrNotSingle)
		}
		o.AcceptDuplicate = strings.ToLower(c.Names[0])
	}
	if o.Corrects = c.SetRecipient != ""; o.Corrects && !c.Wait {
		err = cmp.Or(err, error(usageError("--set-recipient goes without --no-wait: no record of a job holds a recipient")))
	}
	if err == nil {
		err = c.ofKnownJob(o)
	}
	if err == nil {
		err = usage(o.Valid())
	}
	return o, err
}

// ofKnownJob refuses flags that an existing job would ignore.
func (c replayCommand) ofKnownJob(o replay.Order) error {
	switch {
	case c.Resume+c.Cancel == "":
		return nil
	case !o.Filter.Empty() || c.Limit != 0 || c.AcceptDuplicate || o.Corrects:
		return usageError("a job keeps the dead letters that it was made for: name the job only")
	case !c.Wait:
		return usageError("--no-wait is for a new job")
	case c.Cancel != "" && c.Rate != nil:
		return usageError("--rate is for a new job or for --resume")
	}
	return nil
}

func check(o replay.Order, p replay.Plan) error { return usage(o.Check(p)) }

// usage turns the errors of invalid orders into usage errors.
func usage(err error) error {
	var breach *domain.Failure
	switch {
	case err == nil:
		return nil
	case errors.Is(err, replay.ErrRate):
		return usageError("--rate: " + err.Error())
	case errors.Is(err, replay.ErrLimit):
		return usageError("--limit: " + err.Error())
	case errors.Is(err, replay.ErrNoFilter):
		return usageError(err.Error())
	case errors.As(err, &breach):
		return usageError("--set-recipient: " + breach.Detail)
	case errors.Is(err, replay.ErrNotOneCorrection) || errors.Is(err, replay.ErrSameRecipient):
		return usageError("--set-recipient: " + err.Error())
	case errors.Is(err, replay.ErrNotSingle):
		return usageError("--accept-duplicate: " + err.Error())
	default:
		return err
	}
}
